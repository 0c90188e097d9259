import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Architecture, Parameters } from '../training/transformer/architecture.ts';
import { checkSize } from './check-parameters.ts';
import { encoder, TRANSFORMER_INPUTS, TRANSFORMER_OPSET } from './encoder.ts';
import { encodeModel } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';

/** Which numbers of an encoder stand for a text. */
export type FeatureChoice = {
  /** Hidden states: 0 for the embeddings, then one a layer. */
  readonly states: readonly number[];
  /** Their mean over the text's tokens, that of the first token, or both. */
  readonly pooling: 'mean' | 'first' | 'both';
};

/** Logits as a linear function of F features. */
export type LinearHead = {
  /** [F, K] */
  readonly kernel: Float32Array;
  /** [K] */
  readonly bias: Float32Array;
};

const OUTPUT = { features: 'features', logits: 'logits' } as const;

/** How many numbers stand for a text (F). */
export const featureWidth = ({ width }: Architecture, { states, pooling }: FeatureChoice): number =>
  width * states.length * (pooling === 'both' ? 2 : 1);

const inputs = TRANSFORMER_INPUTS.map(({ name, type, shape }) => ({ name, type, shape: [...shape] }));

/** @param width F */
export const featureContract = (width: number): Manifest['contract'] => ({
  inputs,
  output: { name: OUTPUT.features, type: 'float32', shape: ['batch', width] },
});

/** @param labels K */
export const headContract = (labels: number): Manifest['contract'] => ({
  inputs,
  output: { name: OUTPUT.logits, type: 'float32', shape: ['batch', labels], values: 'logits' },
});

/**
 * The ONNX file of an encoder without a head: token ids → features [batch, F]. No layer above the highest state is in it.
 *
 * @throws {ModelTooLargeError} at 2 GiB
 */
export function featureGraph(a: Architecture, p: Parameters, choice: FeatureChoice): Uint8Array {
  const g = new GraphBuilder();
  g.nodes.push({ op: 'Concat', inputs: pooled(g, a, p, choice), outputs: [OUTPUT.features], attributes: { axis: 1 } });
  return encoded(g, OUTPUT.features, featureWidth(a, choice));
}

/**
 * The same with a head: token ids → logits [batch, K].
 *
 * @throws {ModelTooLargeError} at 2 GiB
 */
export function headGraph(a: Architecture, p: Parameters, choice: FeatureChoice, head: LinearHead): Uint8Array {
  const g = new GraphBuilder();
  const labels = head.bias.length;
  const features = g.node('Concat', pooled(g, a, p, choice), 'features', { axis: 1 }); // [B, F]
  const kernel = g.floats('head/output/kernel', [featureWidth(a, choice), labels], head.kernel);
  const product = g.node('MatMul', [features, kernel], 'head/output/product'); // [B, K]
  const bias = g.floats('head/output/bias', [labels], head.bias);
  g.nodes.push({ op: 'Add', inputs: [product, bias], outputs: [OUTPUT.logits] });
  return encoded(g, OUTPUT.logits, labels);
}

/** [B, W] each: state by state, and of a state first the mean. B texts, L tokens, W width. */
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

const encoded = ({ initializers, nodes }: GraphBuilder, output: string, width: number): Uint8Array =>
  encodeModel({
    name: 'encoder-head',
    opset: TRANSFORMER_OPSET,
    inputs: TRANSFORMER_INPUTS,
    outputs: [{ name: output, type: 'float32', shape: ['batch', width] }],
    initializers,
    nodes,
  });
