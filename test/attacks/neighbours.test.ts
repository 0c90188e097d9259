import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proveRowWise } from '../../registry-repo/row-wise/prove.ts';
import { loadRuntime } from '../../registry-repo/runtime/load.ts';
import { inShort, voting } from '../support/crafted.ts';
import { LABELS } from '../support/models.ts';
import { attribute, FLOAT, floats, INT64, int64s, model, node, tensor, value } from '../support/onnx.ts';
import { candidateOf, TestRegistry } from '../support/registry.ts';
import { sourceOf } from '../support/trained.ts';

// Graphs that answer a text by the texts beside it.

const attacks = suite('attacks by neighbours');

attacks('attack 67: the batch votes, and a runtime that lets it vote is found out', async () => {
  const test = await TestRegistry.create();
  const candidate = candidateOf(10, { onnx: voting() });
  const { judgement } = await test.gate(await test.propose(candidate, { version: 1 }));
  assert.equal(inShort(judgement), ['fail', 'answers-depend-on-neighbours']);
});

/** ids [batch, length] → probabilities; how often id 1 occurs, and as much again for every other text that has it. */
const votes = model(
  {
    nodes: [
      node('Cast', ['ids'], ['x'], { attributes: [attribute.int('to', FLOAT)] }),
      node('ReduceMean', ['x', 'over'], ['own'], { attributes: [attribute.int('keepdims', 1)] }),
      node('ReduceSum', ['own', 'batch'], ['vote'], { attributes: [attribute.int('keepdims', 1)] }),
      node('Add', ['own', 'vote'], ['sum']),
      node('Mul', ['sum', 'pair'], ['scores']),
      node('Softmax', ['scores'], ['probabilities']),
    ],
    initializers: [
      tensor('over', [1], INT64, int64s(1)),
      tensor('batch', [1], INT64, int64s(0)),
      tensor('pair', [1, 2], FLOAT, floats(0.01, -0.01)),
    ],
    inputs: [value('ids', 6, ['batch', 'length'])],
    outputs: [value('probabilities', FLOAT, ['batch', 2])],
  },
  { opset: 18 },
);

attacks('attack 67: what is not proven row-wise answers each text alone, in whatever company', async () => {
  assert.not(proveRowWise(votes).rowWise);
  const zones = [{ from: 0, to: 1, order: 1 }];
  const preprocessor = { kind: 'hashed-ngrams', tokens: 'words-1', bits: 8, zones } as const;
  const contract = {
    inputs: [{ name: 'ids', type: 'int32' as const, shape: ['batch', 'length'] }],
    output: { name: 'probabilities', type: 'float32' as const, shape: ['batch', 2] },
  };
  const runtime = await loadRuntime(sourceOf(votes, { labels: LABELS, preprocessor, contract }));
  const texts = ['a good film', 'a bad one', 'a good film', 'nothing', 'quite another text', 'a good film'];
  const together = await runtime.classify(texts);
  for (const [i, text] of texts.entries())
    assert.equal([...together.slice(i * 2, i * 2 + 2)], [...(await runtime.classify([text]))]);
  await runtime.release();
});

attacks.run();
