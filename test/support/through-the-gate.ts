import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { json, pawl } from './cli-here.ts';
import { goldenFile } from './golden.ts';
import { rowsFor } from './models.ts';
import { temporaryFolder } from './paths.ts';

/** Settings of `encoder-head` for the tiny encoder. */
export const TINY_HEAD = `model: ${JSON.stringify(dirname(goldenFile('tiny-bert', 'config.json')))}, maxLength: 32, states: [-1, 1], pooling: both`;

/** Takes a model all the way to production: trained, gated, merged, asked. */
export async function throughTheGate(trainer: string, config: string): Promise<{ home: string; run: string }> {
  const home = temporaryFolder();
  const lines = (salt: string) =>
    rowsFor(salt, 6)
      .map(({ text, label }) => `${JSON.stringify({ text: text.replace(/(?=\d$)/, ' '), label })}\n`)
      .join('');
  writeFileSync(join(home, 'train.jsonl'), lines('train'));
  writeFileSync(join(home, 'test.jsonl'), lines('test'));
  writeFileSync(
    join(home, 'pawl.yaml'),
    `model: tiny
data: { kind: jsonl, train: train.jsonl, test: test.jsonl }
policy: { minimum: 0.85, minimumRows: 1, minimumRowsPerLabel: 1 }
training: { trainer: ${trainer}, config: ${config} }
`,
  );
  const { run, f1 } = await json<{ run: string; f1: number }>(home, ['train']);
  assert.ok(f1 > 0.9, `F1 ${f1}`);
  await promoteAndAsk(home, run);
  return { home, run };
}

export async function promoteAndAsk(home: string, run: string): Promise<void> {
  const promoted = await pawl(home, ['promote', run]);
  assert.is(promoted.code, 0, promoted.stdout + promoted.stderr);
  const answer = await pawl(home, ['predict', 'the other film number 2 was good 3']);
  assert.match(answer.stdout, /^pos /m, answer.stderr);
}
