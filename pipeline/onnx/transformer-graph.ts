import type { Manifest } from '../../registry-repo/manifest.ts';
import { type Architecture, type Parameters, parameterShapes } from './architecture.ts';
import { checkShapes, checkSize } from './check-parameters.ts';
import { addBag, bagInput, type QuantizedTables } from './embedding-bag.ts';
import { encoder, linear, TRANSFORMER_INPUTS, TRANSFORMER_OPSET } from './encoder.ts';
import { encodeModel } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';

/** logits = slopes[0] · one + slopes[1] · other + offset, label by label. */
export type Mixture = {
  readonly slopes: readonly [number, number];
  /** [K] */
  readonly offset: Float64Array;
};

/** The tables of an embedding bag, and how its log-odds are blended with a transformer's logits. */
export type Mixed = { readonly tables: QuantizedTables; readonly mixture: Mixture };

const tokenInputs = TRANSFORMER_INPUTS.map(({ name, type, shape }) => ({ name, type, shape: [...shape] }));

/**
 * The graph's inputs and output, for a number of labels.
 *
 * @param ngrams whether the graph has an embedding bag besides the transformer
 */
export const transformerContract = (labels: number, ngrams = false): Manifest['contract'] => ({
  inputs: ngrams ? [bagInput(), ...tokenInputs] : tokenInputs,
  output: { name: 'logits', type: 'float32', shape: ['batch', labels], values: 'logits' },
});

/**
 * The ONNX file of a classifier: the same parameters give the same bytes. Batch and length are free; a text's answer
 * does not depend on its padding.
 *
 * @param labels K
 * @param beside the bag that is blended with its logits; then n-gram ids are an input, too
 * @throws {ModelTooLargeError} at 2 GiB, before anything is copied
 * @throws {RangeError} for a parameter that is missing or misshapen
 */
export function transformerGraph(
  a: Architecture,
  p: Parameters,
  labels: number,
  beside: Mixed | null = null,
): Uint8Array {
  checkSize(p);
  checkShapes(parameterShapes(a, labels), p);
  const g = new GraphBuilder();
  const last = encoder(g, a, p).at(-1) as string; // [B, L, W]
  const first = g.node('Gather', [last, g.index('firstToken', 0)], 'head/first', { axis: 1 }); // [B, W]
  const hidden = linear({ g, p }, first, 'head/hidden'); // [B, W]
  const active = g.node(a.headActivation === 'tanh' ? 'Tanh' : 'Relu', [hidden], 'head/active'); // [B, W]
  const product = g.node('MatMul', [active, floats(g, p, 'head/output/kernel')], 'head/output/product'); // [B, K]
  const bias = floats(g, p, 'head/output/bias');
  if (beside) mix(g, g.node('Add', [product, bias], 'head/logits'), beside);
  else g.nodes.push({ op: 'Add', inputs: [product, bias], outputs: ['logits'] });
  return encodeModel({
    name: 'transformer',
    opset: TRANSFORMER_OPSET,
    inputs: beside ? [bagInput(), ...TRANSFORMER_INPUTS] : TRANSFORMER_INPUTS,
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', labels] }],
    initializers: g.initializers,
    nodes: g.nodes,
  });
}

/** @param own the transformer's logits [B, K] */
function mix(g: GraphBuilder, own: string, { tables, mixture: { slopes, offset } }: Mixed): void {
  const labels = offset.length;
  // With two labels there is one number: the second label's log-odds.
  const share = (k: number) => (tables.outputs === 1 ? k - 0.5 : 1);
  const weights = Float32Array.from(offset, (_, k) => share(k) * slopes[1]);
  const ngrams = g.node('Mul', [addBag(g, tables), g.floats('mix/ngrams', [labels], weights)], 'mix/ngrams/part'); // [B, K]
  const part = g.node('Mul', [own, g.scalar('mix/transformer', slopes[0])], 'mix/transformer/part'); // [B, K]
  const sum = g.node('Add', [part, ngrams], 'mix/sum'); // [B, K]
  const shift = g.floats('mix/offset', [labels], Float32Array.from(offset));
  g.nodes.push({ op: 'Add', inputs: [sum, shift], outputs: ['logits'] });
}

function floats(g: GraphBuilder, p: Parameters, name: string): string {
  const { shape, data } = p.get(name) as { shape: readonly number[]; data: Float32Array };
  return g.floats(name, shape, data);
}
