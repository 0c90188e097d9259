import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Architecture, Parameters } from './architecture.ts';
import { checkSize } from './check-parameters.ts';
import { addBag, bagInput, type QuantizedTables } from './embedding-bag.ts';
import { encoder, TRANSFORMER_INPUTS, TRANSFORMER_OPSET } from './encoder.ts';
import { encodeModel } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import { quantize } from './quantize.ts';

/** Which numbers of an encoder represent a text. */
export type FeatureChoice = {
  /** Hidden states: 0 for the embeddings, then one for each layer. */
  readonly states: readonly number[];
  /** Their mean over the text's tokens, that of the first token, or both. */
  readonly pooling: 'mean' | 'first' | 'both';
};

/** How an encoder computes: in floats, or with its weights and their inputs as bytes, of 8 bits or of 7. */
export type Precision = 'float32' | 'int8' | 'int7';

/** Logits as a linear function of F features, and of N further numbers. */
export type LinearHead = {
  /** [F, K] */
  readonly kernel: Float32Array;
  /** [N, K] */
  readonly beside: Float32Array;
  /** [K] */
  readonly bias: Float32Array;
};

/** An encoder and the features that it gives. */
export type Encoding = {
  readonly architecture: Architecture;
  readonly parameters: Parameters;
  readonly choice: FeatureChoice;
  readonly precision: Precision;
};

const OUTPUT = { features: 'features', logits: 'logits' } as const;

/** How many numbers represent a text (F). */
export const featureWidth = ({ width }: Architecture, { states, pooling }: FeatureChoice): number =>
  width * states.length * (pooling === 'both' ? 2 : 1);

const inputs = TRANSFORMER_INPUTS.map(({ name, type, shape }) => ({ name, type, shape: [...shape] }));

/** @param width F */
export const featureContract = (width: number): Manifest['contract'] => ({
  inputs,
  output: { name: OUTPUT.features, type: 'float32', shape: ['batch', width] },
});

/**
 * @param labels K
 * @param ngrams whether the graph has an embedding bag besides the encoder
 */
export const headContract = (labels: number, ngrams: boolean): Manifest['contract'] => ({
  inputs: ngrams ? [bagInput(), ...inputs] : inputs,
  output: { name: OUTPUT.logits, type: 'float32', shape: ['batch', labels], values: 'logits' },
});

/**
 * The ONNX file of an encoder without a head: token ids → features [batch, F]. Layers above the highest state are left
 * out.
 *
 * @throws {ModelTooLargeError} at 2 GiB
 */
export function featureGraph({ architecture: a, parameters: p, choice, precision }: Encoding): Uint8Array {
  const g = new GraphBuilder();
  g.nodes.push({ op: 'Concat', inputs: pooled(g, a, p, choice), outputs: [OUTPUT.features], attributes: { axis: 1 } });
  return rounded(encoded(g, OUTPUT.features, featureWidth(a, choice)), precision);
}

/**
 * The same with a head: token ids → logits [batch, K]. With the tables of an embedding bag, n-gram ids are an input
 * too, and the bag's log-odds are the head's further numbers. The head is never rounded.
 *
 * @throws {ModelTooLargeError} at 2 GiB
 */
export function headGraph(
  { architecture: a, parameters: p, choice, precision }: Encoding,
  head: LinearHead,
  tables: QuantizedTables | null = null,
): Uint8Array {
  const g = new GraphBuilder();
  const labels = head.bias.length;
  const features = g.node('Concat', pooled(g, a, p, choice), 'features', { axis: 1 }); // [B, F]
  const kernel = g.floats(KERNEL, [featureWidth(a, choice), labels], head.kernel);
  const product = g.node('MatMul', [features, kernel], 'head/output/product'); // [B, K]
  const sum = tables ? g.node('Add', [product, beside(g, tables, head)], 'head/output/sum') : product; // [B, K]
  const bias = g.floats('head/output/bias', [labels], head.bias);
  g.nodes.push({ op: 'Add', inputs: [sum, bias], outputs: [OUTPUT.logits] });
  return rounded(encoded(g, OUTPUT.logits, labels, tables !== null), precision);
}

const [KERNEL, BESIDE] = ['head/output/kernel', 'head/ngrams/kernel'] as const;

/**
 * What the bag adds to the logits: [B, K]. It is a product of its own, because one scale would not fit both its numbers
 * and the features.
 */
function beside(g: GraphBuilder, tables: QuantizedTables, head: LinearHead): string {
  const kernel = g.floats(BESIDE, [tables.outputs, head.bias.length], head.beside);
  return g.node('MatMul', [addBag(g, tables), kernel], 'head/ngrams');
}

const rounded = (graph: Uint8Array, precision: Precision): Uint8Array =>
  precision === 'float32'
    ? graph
    : quantize(graph, { embeddings: true, weights: precision === 'int8' ? 'signed' : 'seven-bits' }).bytes;

/** [B, W] each: state by state, and for each state first the mean. B texts, L tokens, W width. */
function pooled(g: GraphBuilder, a: Architecture, p: Parameters, { states, pooling }: FeatureChoice): string[] {
  checkSize(p);
  const hidden = encoder(g, a, p, Math.max(...states)); // [B, L, W] each
  const mean = meanOf(g);
  return states.flatMap((state) => {
    const x = hidden[state] as string;
    const found: string[] = [];
    if (pooling !== 'first') found.push(mean(x, `state/${state}`));
    if (pooling !== 'mean')
      found.push(g.node('Gather', [x, g.index('firstToken', 0)], `state/${state}/first`, { axis: 1 }));
    return found;
  });
}

function meanOf(g: GraphBuilder): (x: string, name: string) => string {
  const present = g.node('Cast', ['attention_mask'], 'present', { to: 1 }); // [B, L]
  const over = g.whole('overTokens', 1);
  const counted = g.node('ReduceSum', [present, over], 'tokens', { keepdims: 1 }); // [B, 1]
  const tokens = g.node('Max', [counted, g.scalar('one', 1)], 'tokens/atLeastOne');
  const wide = g.node('Unsqueeze', [present, g.whole('axis2', 2)], 'present/wide'); // [B, L, 1]
  return (x, name) => {
    const kept = g.node('Mul', [x, wide], `${name}/kept`); // [B, L, W]
    const sum = g.node('ReduceSum', [kept, over], `${name}/sum`, { keepdims: 0 }); // [B, W]
    return g.node('Div', [sum, tokens], `${name}/mean`);
  };
}

const encoded = ({ initializers, nodes }: GraphBuilder, output: string, width: number, ngrams = false): Uint8Array =>
  encodeModel({
    name: 'encoder-head',
    opset: TRANSFORMER_OPSET,
    inputs: ngrams ? [bagInput(), ...TRANSFORMER_INPUTS] : TRANSFORMER_INPUTS,
    outputs: [{ name: output, type: 'float32', shape: ['batch', width] }],
    initializers,
    nodes,
  });
