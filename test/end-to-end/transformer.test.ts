import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl, stopAll } from '../support/cli.ts';
import { rowsFor } from '../support/models.ts';
import { temporaryFolder } from '../support/paths.ts';

// A transformer that starts from random weights, from texts to answers in production.

const s = suite('a transformer from scratch');
s.after(stopAll);

type Quantised = {
  run: string;
  products: number;
  agreement: number;
  compared: number;
  modelBytes: { original: number; quantised: number };
};

s('is trained, gated, merged and answers; so is the same with weights as bytes', async () => {
  const home = temporaryFolder();
  const lines = (salt: string) =>
    rowsFor(salt, 4)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');
  writeFileSync(join(home, 'train.jsonl'), lines('train'));
  writeFileSync(join(home, 'test.jsonl'), lines('test'));
  writeFileSync(
    join(home, 'pawl.yaml'),
    `model: tiny
data: { kind: jsonl, train: train.jsonl, test: test.jsonl }
policy: { minimum: 0.85, minimumRows: 1, minimumRowsPerLabel: 1 }
training:
  trainer: distilbert
  config:
    { model: null, backend: wasm, epochs: 20, patience: 0, batch: 8, learningRate: 0.005, dropout: 0, maxLength: 16, validationShare: 0.2,
      sizes: { vocabulary: 300, width: 16, layers: 1, heads: 2, inner: 32 } }
`,
  );
  const { run, f1 } = await json<{ run: string; f1: number }>(home, ['train']);
  assert.ok(f1 > 0.9, `F1 ${f1}`);
  const { metrics } = await json<{ metrics: Record<string, number> }>(home, ['runs', 'show', run]);
  for (const name of ['validationF1', 'tokensPerSecond', 'truncatedShare', 'trainedTokensPerSecond'])
    assert.type(metrics[name], 'number', name);
  assert.match((await pawl(home, ['runs', 'show', run])).stdout, /tokensPerSecond +\d[\s\S]*truncatedShare +0/);
  const promoted = await pawl(home, ['promote', run]);
  assert.is(promoted.code, 0, promoted.stdout + promoted.stderr);
  const answer = await pawl(home, ['predict', 'the other film number 2 was good3']);
  assert.match(answer.stdout, /^pos /m, answer.stderr);

  const small = await json<Quantised>(home, ['quantize', 'v1']);
  assert.ok(small.products > 0 && small.modelBytes.quantised < small.modelBytes.original);
  assert.ok(small.agreement > 0.9 && small.compared > 10, `${small.agreement} of ${small.compared}`);
  const kept = await json<{ config: { parent: string } }>(home, ['runs', 'show', small.run]);
  assert.is(kept.config.parent, run);
  assert.is((await pawl(home, ['promote', small.run])).code, 0);
  const graph = await json<{ operators: { name: string }[]; labels: string[] }>(home, ['model', 'show', 'v2']);
  assert.ok(graph.operators.some(({ name }) => name === 'MatMulInteger'));
  assert.equal(graph.labels, ['neg', 'pos']);
  assert.match((await pawl(home, ['predict', 'the other film number 2 was good3'])).stdout, /^pos /m);
  assert.match((await pawl(home, ['model', 'show', 'v1'])).stdout, /LayerNormalization +\d/);

  const slower = await pawl(home, ['train', '--backend', 'abacus']);
  assert.is(slower.code, 2);
  assert.match(slower.stderr, /training\.config\.backend.*use .*wasm/);
});

s.run();
