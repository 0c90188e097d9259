/** The sizes of a BERT-family encoder with a classification head, without its weights. */
export type Architecture = {
  /**
   * Whose names the weights have in files. The computation is the same, except for token types and the head's
   * activation.
   */
  readonly family: 'bert' | 'distilbert';
  /** Number of subwords. */
  readonly vocabulary: number;
  /** Longest input, in tokens. */
  readonly positions: number;
  /** Token types; 0 if the encoder has none. */
  readonly types: number;
  /** Of a token's vector (W). */
  readonly width: number;
  readonly layers: number;
  /** Attention heads; they divide `width`. */
  readonly heads: number;
  /** Width of the feed-forward part (I). */
  readonly inner: number;
  /** Added to the variance in layer normalisation. */
  readonly epsilon: number;
  /** Of the feed-forward part: GELU by the error function, or its tanh approximation. */
  readonly activation: 'gelu' | 'gelu-tanh' | 'relu';
  /** Between the head's two layers: BERT's pooler has tanh, DistilBERT's pre-classifier relu. */
  readonly headActivation: 'tanh' | 'relu';
  /** Dropout rates of training. */
  readonly dropout: { readonly hidden: number; readonly attention: number; readonly head: number };
};

/** Float32 numbers, row-major. */
export type Parameter = { readonly shape: readonly number[]; readonly data: Float32Array };

/** By the names of `parameterShapes`, in its order. */
export type Parameters = ReadonlyMap<string, Parameter>;

/**
 * Every parameter of a classifier by its name, in one order for checkpoints, optimisers and exports. Kernels are [in,
 * out], so that a layer computes `x · kernel + bias`.
 *
 * @param labels K, the outputs
 */
export function parameterShapes(a: Architecture, labels: number): ReadonlyMap<string, readonly number[]> {
  const { vocabulary, positions, types, width, inner, layers } = a;
  const shapes = new Map<string, readonly number[]>([
    ['embeddings/word', [vocabulary, width]],
    ['embeddings/position', [positions, width]],
    ...(types > 0 ? [['embeddings/type', [types, width]] as const] : []),
    ...norm('embeddings/norm', width),
  ]);
  const add = (entries: Shapes) => {
    for (const [name, shape] of entries) shapes.set(name, shape);
  };
  for (let i = 0; i < layers; i++) {
    for (const part of ['query', 'key', 'value', 'attention']) add(dense(`layer/${i}/${part}`, width, width));
    add(norm(`layer/${i}/attention-norm`, width));
    add(dense(`layer/${i}/up`, width, inner));
    add(dense(`layer/${i}/down`, inner, width));
    add(norm(`layer/${i}/output-norm`, width));
  }
  add(dense('head/hidden', width, width));
  add(dense('head/output', width, labels));
  return shapes;
}

type Shapes = readonly (readonly [string, readonly number[]])[];

const dense = (name: string, from: number, to: number): Shapes => [
  [`${name}/kernel`, [from, to]],
  [`${name}/bias`, [to]],
];

const norm = (name: string, width: number): Shapes => [
  [`${name}/gain`, [width]],
  [`${name}/bias`, [width]],
];
