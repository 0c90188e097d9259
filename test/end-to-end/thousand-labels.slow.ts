import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, json, pawl, printed, start, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';

// As many labels as there may be, few rows each, through the real command line.

const labelOf = (k: number) => `customer-category-${String(k).padStart(4, '0')}`;

/** Each label has a word of its own. */
const rowsOf = (labels: number, each: number, salt: string): string =>
  Array.from({ length: labels * each }, (_, i) =>
    JSON.stringify({ text: `${salt}${i} word${i % labels} word${i % labels}`, label: labelOf(i % labels) }),
  ).join('\n');

function work(labels: number): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'train.jsonl'), rowsOf(labels, 4, 'a'));
  writeFileSync(join(folder, 'test.jsonl'), rowsOf(labels, 2, 'b'));
  writeFileSync(
    join(folder, 'pawl.yaml'),
    `data: { kind: jsonl, train: train.jsonl, test: test.jsonl }
policy: { minimumRowsPerLabel: 2 }
server: { port: 0, pollMs: 200, logLevel: silent }
`,
  );
  return folder;
}

const s = suite('1,000 labels');
s.after(stopAll);

s('are trained, promoted twice, measured, audited and served', async () => {
  const folder = work(1000);
  const { run, candidate } = await json<{ run: string; candidate: { manifest: string } }>(folder, ['train']);
  for (const seed of ['1', '2']) {
    if (seed === '2') await json(folder, ['train', '--seed', seed]);
    assert.is((await json<{ status: string }>(folder, ['promote'])).status, 'merged');
  }
  const hex = candidate.manifest.slice('sha256:'.length);
  const stored = readdirSync(join(folder, '.pawl/artifacts'), { recursive: true, withFileTypes: true });
  const manifest = stored.find((entry) => entry.isFile() && (entry.parentPath + entry.name).includes(hex.slice(4)));
  assert.ok(manifest);
  const { length } = readFileSync(join(manifest.parentPath, manifest.name));
  assert.ok(length <= 200_000, `the manifest has ${length} bytes`);

  const evaluated = await json<{ confusion: { sparse: string[] } }>(folder, ['evaluate', run]);
  assert.is(evaluated.confusion.sparse.length, 1000);
  const shown = await pawl(folder, ['runs', 'show', run]);
  assert.is(shown.code, 0);
  assert.ok(shown.stdout.length < 20_000, `runs show prints ${shown.stdout.length} characters`);
  assert.is((await pawl(folder, ['audit'])).code, 0);
  const { predictions } = await json<{ predictions: { label: string }[] }>(folder, ['predict', 'word77 word77']);
  assert.is(predictions[0]?.label, labelOf(77));

  const server = start(folder, ['serve']);
  const url = (await printed(server, /listening on (http:\S+)/))[1] as string;
  await printed(server, /v2 answers/);
  const answer = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":"word999 word999"}',
  });
  assert.is(((await answer.json()) as { label: string }).label, labelOf(999));
  const facts = await (await fetch(`${url}/model`)).text();
  assert.ok(facts.length < 200_000, `GET /model has ${facts.length} characters`);
  server.kill('SIGINT');
  assert.is(await ended(server), 0);
});

s('one label more is refused when the data is loaded, and no registry is made', async () => {
  const folder = work(1001);
  for (const args of [['train'], ['registry', 'init']]) {
    const refused = await pawl(folder, args);
    assert.is.not(refused.code, 0);
    assert.match(refused.stderr, /1001 different labels, 1000 at most.*\[data_invalid\]/);
  }
  assert.not.ok(existsSync(join(folder, '.pawl/registry.git')));
});

s.run();
