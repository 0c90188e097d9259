import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, start, stopAll } from '../support/cli.ts';
import { json, pawl } from '../support/cli-here.ts';
import { goldenBytes } from '../support/golden.ts';
import { hubDouble } from '../support/hub.ts';
import { rowsFor } from '../support/models.ts';
import { temporaryFolder } from '../support/paths.ts';
import { until } from '../support/until.ts';

const s = suite('a model from the hub, by the command line');
s.after(stopAll);

const FIRST = 20_000;

s('a download that was killed goes on where it was; the commit is recorded; offline asks no one', async () => {
  const names = ['config.json', 'model.safetensors', 'tokenizer.json'];
  const hub = await hubDouble(Object.fromEntries(names.map((name) => [name, goldenBytes('tiny-distilbert', name)])));
  const home = temporaryFolder();
  for (const part of ['train', 'test'])
    writeFileSync(
      join(home, `${part}.jsonl`),
      rowsFor(part, 2)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
  writeFileSync(
    join(home, 'pawl.yaml'),
    `model: tiny
data: { kind: jsonl, train: train.jsonl, test: test.jsonl }
hub: { endpoint: "${hub.endpoint}" }
training: { trainer: encoder-head, config: { model: someone/tiny, maxLength: 32, folds: 2 } }
`,
  );
  const whole = hub.files['model.safetensors'] as Buffer;
  hub.fault = (_, response, path) => {
    if (!path.startsWith('/elsewhere/')) return false;
    response.writeHead(200, { 'content-length': whole.length }).write(whole.subarray(0, FIRST)); // and no more
    return true;
  };
  const killed = start(home, ['train']);
  const part = join(home, '.pawl/cache/hub/someone--tiny', hub.commit, 'model.safetensors.part');
  await until(() => statSync(part, { throwIfNoEntry: false })?.size === FIRST);
  killed.kill('SIGKILL');
  await ended(killed);

  hub.fault = () => false;
  hub.requests.length = 0;
  const { run } = await json<{ run: string }>(home, ['train']);
  assert.ok(hub.requests.at(-1)?.endsWith(`/model.safetensors bytes=${FIRST}-`), hub.requests.join('\n'));
  const { pretrained } = await json<{ pretrained: { location: string; revision: string } }>(home, [
    'runs',
    'show',
    run,
  ]);
  assert.equal([pretrained.location, pretrained.revision], ['someone/tiny', hub.commit]);
  assert.match(
    (await pawl(home, ['runs', 'show', run])).stdout,
    new RegExp(`started from +someone/tiny at ${hub.commit}`),
  );

  const asked = hub.requests.length;
  const offline = await json<{ run: string }>(home, ['--set', 'hub.offline=true', 'train']);
  assert.ok(offline.run !== run);
  assert.is(hub.requests.length, asked);
  await hub.close();
});

s.run();
