import type { Manifest } from '../../registry-repo/manifest.ts';
import { type Architecture, type Parameters, parameterShapes } from '../training/transformer/architecture.ts';
import { checkShapes, checkSize } from './check-parameters.ts';
import { encoder, linear, TRANSFORMER_INPUTS, TRANSFORMER_OPSET } from './encoder.ts';
import { encodeModel } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';

/** The graph's inputs and output, for a number of labels. */
export const transformerContract = (labels: number): Manifest['contract'] => ({
  inputs: TRANSFORMER_INPUTS.map(({ name, type, shape }) => ({ name, type, shape: [...shape] })),
  output: { name: 'logits', type: 'float32', shape: ['batch', labels], values: 'logits' },
});

/**
 * The ONNX file of a classifier: the same parameters, the same bytes. Batch and length are free; a text's answer does not
 * depend on its padding.
 *
 * @param labels K
 * @throws {ModelTooLargeError} at 2 GiB, before anything is copied
 * @throws {RangeError} for a parameter that is missing or misshapen
 */
export function transformerGraph(a: Architecture, p: Parameters, labels: number): Uint8Array {
  checkSize(p);
  checkShapes(parameterShapes(a, labels), p);
  const g = new GraphBuilder();
  const last = encoder(g, a, p).at(-1) as string; // [B, L, W]
  const first = g.node('Gather', [last, g.index('firstToken', 0)], 'head/first', { axis: 1 }); // [B, W]
  const hidden = linear({ g, p }, first, 'head/hidden'); // [B, W]
  const active = g.node(a.headActivation === 'tanh' ? 'Tanh' : 'Relu', [hidden], 'head/active'); // [B, W]
  const product = g.node('MatMul', [active, floats(g, p, 'head/output/kernel')], 'head/output/product'); // [B, K]
  g.nodes.push({ op: 'Add', inputs: [product, floats(g, p, 'head/output/bias')], outputs: ['logits'] });
  return encodeModel({
    name: 'transformer',
    opset: TRANSFORMER_OPSET,
    inputs: TRANSFORMER_INPUTS,
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', labels] }],
    initializers: g.initializers,
    nodes: g.nodes,
  });
}

function floats(g: GraphBuilder, p: Parameters, name: string): string {
  const { shape, data } = p.get(name) as { shape: readonly number[]; data: Float32Array };
  return g.floats(name, shape, data);
}
