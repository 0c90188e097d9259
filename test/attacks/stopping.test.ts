import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDataset } from '../../pipeline/data/load.ts';
import { DataOptions } from '../../pipeline/data/options.ts';
import { start, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const attacks = suite('attacks by work that is deaf');
attacks.after(stopAll);

/** Makes a command compute for ever, without a turn of its event loop, at the file `deaf.onnx`. */
const DEAF = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const read = fs.readFileSync;
fs.readFileSync = (path, ...more) => {
  if (!String(path).endsWith("deaf.onnx")) return read(path, ...more);
  fs.writeSync(2, "deaf");
  for (;;);
};
syncBuiltinESMExports();`;

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  attacks(`attack 84: a command that reads is ended by ${signal}, whatever it computes`, async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'deaf.onnx'), 'x');
    const child = start(folder, ['model', 'show', 'deaf.onnx'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(DEAF)}`,
    });
    let said = '';
    for await (const chunk of child.stderr ?? []) {
      said += chunk;
      if (said.includes('deaf')) break;
    }
    // Were it not ended, this would wait for ever, and the runner would name this test.
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.is(child.signalCode, signal);
  });

attacks('attack 84: between any two steps with a data set a command listens', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'rows.csv'), `text,label\n${'good,a\nbad,b\n'.repeat(50)}`);
  const options = DataOptions.parse({ kind: 'csv', train: 'rows.csv', test: 'rows.csv' });
  const stoppedAt = async (last: number): Promise<number> => {
    const controller = new AbortController();
    const { signal } = controller;
    let looks = 0;
    signal.throwIfAborted = () => {
      if (++looks === last) controller.abort(new Error('stopped'));
      if (signal.aborted) throw signal.reason;
    };
    const loading = loadDataset(options, { folder, cacheFolder: folder, signal });
    if (last === 0) await loading;
    else assert.match((await rejects(loading, Error)).message, /stopped/);
    return looks;
  };
  const all = await stoppedAt(0);
  assert.ok(all >= 6, `${all} looks at the signal`);
  for (let last = 1; last <= all; last++) assert.is(await stoppedAt(last), last, 'and does no step more');
});

attacks.run();
