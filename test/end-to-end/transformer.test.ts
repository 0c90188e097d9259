import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../support/cli-here.ts';
import { promoteAndAsk, throughTheGate } from '../support/through-the-gate.ts';

// A transformer that starts from random weights, from texts to answers in production.

const s = suite('a transformer from scratch');

type Quantized = {
  run: string;
  products: number;
  agreement: number;
  compared: number;
  modelBytes: { original: number; quantised: number };
};

s('is trained, gated, merged and answers; so is the same with weights as bytes', async () => {
  const { home, run } = await throughTheGate(
    'distilbert',
    `{ model: null, backend: wasm, epochs: 20, patience: 0, batch: 8, learningRate: 0.005, dropout: 0, maxLength: 16,
      validationShare: 0.2, sizes: { vocabulary: 300, width: 16, layers: 1, heads: 2, inner: 32 } }`,
  );
  const { metrics } = await json<{ metrics: Record<string, number> }>(home, ['runs', 'show', run]);
  for (const name of ['validationF1', 'tokensPerSecond', 'truncatedShare', 'trainedTokensPerSecond'])
    assert.type(metrics[name], 'number', name);
  assert.match((await pawl(home, ['runs', 'show', run])).stdout, /tokensPerSecond +\d[\s\S]*truncatedShare +0/);

  const small = await json<Quantized>(home, ['quantize', 'v1']);
  assert.ok(small.products > 0 && small.modelBytes.quantised < small.modelBytes.original);
  assert.ok(small.agreement > 0.9 && small.compared > 10, `${small.agreement} of ${small.compared}`);
  const kept = await json<{ config: { parent: string } }>(home, ['runs', 'show', small.run]);
  assert.is(kept.config.parent, run);
  await promoteAndAsk(home, small.run);
  const graph = await json<{ operators: { name: string }[]; labels: string[] }>(home, ['model', 'show', 'v2']);
  assert.ok(graph.operators.some(({ name }) => name === 'MatMulInteger'));
  assert.equal(graph.labels, ['neg', 'pos']);
  assert.match((await pawl(home, ['model', 'show', 'v1'])).stdout, /LayerNormalization +\d/);

  const slower = await pawl(home, ['train', '--backend', 'abacus']);
  assert.is(slower.code, 2);
  assert.match(slower.stderr, /training\.config\.backend.*use .*wasm/);
});

s.run();
