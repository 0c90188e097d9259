import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Parameters, parameterShapes } from '../../../pipeline/onnx/architecture.ts';
import { ModelTooLargeError } from '../../../pipeline/onnx/errors.ts';
import { featureGraph, headGraph } from '../../../pipeline/onnx/feature-graph.ts';
import { lstmGraph, type RnnShape } from '../../../pipeline/onnx/lstm-graph.ts';
import { transformerGraph } from '../../../pipeline/onnx/transformer-graph.ts';
import { rnnShapes } from '../../../pipeline/training/rnn/shape.ts';
import { reference } from '../../support/reference.ts';

const s = suite('graphs beyond what an ONNX file holds');

/** Parameters that say how large they are, and take no memory. */
const hollow = (shapes: ReadonlyMap<string, readonly number[]>): Parameters =>
  new Map([...shapes].map(([name, shape]) => [name, { shape, data: new Float32Array(0) }]));

const refused = (write: () => unknown, size: RegExp) =>
  assert.throws(
    write,
    (error: unknown) =>
      error instanceof ModelTooLargeError &&
      error.code === 'model_too_large' &&
      size.test(error.message) &&
      /an ONNX file ends before 2 GiB: take a smaller encoder/.test(error.message),
  );

s('are refused by their shapes alone, whatever writes them', () => {
  const { architecture } = reference('tiny-bert');
  const large = { ...architecture, vocabulary: 2 ** 20, width: 768, heads: 12 };
  const parameters = hollow(parameterShapes(large, 2));
  const choice = { states: [1], pooling: 'mean' } as const;
  refused(() => transformerGraph(large, parameters, 2), /the model has 3\.0 GiB of parameters/);
  const encoding = { architecture: large, parameters, choice, precision: 'float32' } as const;
  refused(() => featureGraph(encoding), /3\.0 GiB/);
  const head = { kernel: new Float32Array(2 * 768), bias: new Float32Array(2), beside: new Float32Array(0) };
  refused(() => headGraph(encoding, head), /3\.0 GiB/);
  const shape: RnnShape = {
    ...{ vocabulary: 1_000_000, embedding: 1024, hidden: 64, layers: 1, directions: 2, summary: 'max', labels: 2 },
  };
  refused(() => lstmGraph(shape, hollow(rnnShapes(shape))), /3\.8 GiB/);
});

s('begin shortly below 2 GiB, to leave room for names and nodes', () => {
  const { architecture } = reference('tiny-bert');
  const one = (numbers: number): Parameters => new Map([['a', { shape: [numbers], data: new Float32Array(0) }]]);
  refused(() => transformerGraph(architecture, one((2 ** 31 - 2 ** 20) / 4), 2), /2\.0 GiB/);
  assert.throws(
    () => transformerGraph(architecture, one((2 ** 31 - 2 ** 20) / 4 - 1), 2),
    /do not fit the architecture/,
  );
});

s.run();
