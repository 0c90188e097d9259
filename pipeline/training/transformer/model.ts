import type { Architecture } from '../../onnx/architecture.ts';
import type { Backend, Tensor } from '../backends/backend.ts';
import { type Mask, type Operations, operations } from './operations.ts';

/** A classifier's parameters on a backend, by the names of `parameterShapes`. */
export type Weights = ReadonlyMap<string, Tensor>;

/** B texts padded to L tokens. */
export type Batch = {
  /** Token ids, int32 [B, L]. */
  readonly ids: Tensor;
  /** 1 for tokens, 0 for padding, int32 [B, L]. */
  readonly mask: Tensor;
  /** Tokens of each text, as the mask has them. */
  readonly lengths: readonly number[];
};

type Padded = Pick<Batch, 'ids' | 'mask'>;

/** Which numbers to zero at a place in the model; places count from 0 in the order of computation. Null: none. */
export type Dropout = (place: number, rate: number, shape: readonly number[]) => Mask | null;

/**
 * Gets intermediate results: `hidden/0` are the embeddings, `hidden/1` the first layer's output, `attention/0` its
 * probabilities.
 */
export type Watch = (name: string, value: Tensor) => void;

export type Pass = { readonly dropout?: Dropout; readonly watch?: Watch };

/** Added to the attention scores of padding. */
const NEVER = -1e9;

/**
 * A BERT-family classifier (Devlin et al. 2019; Sanh et al. 2019): embeddings, post-norm transformer layers, and a head on the first
 * token. Shapes: B texts, L tokens, W width, H heads, I inner width, K labels.
 */
export class Model {
  readonly #ops: Operations;
  readonly #tf: Backend['tf'];
  readonly architecture: Architecture;

  constructor(backend: Pick<Backend, 'tf' | 'slowTransposed'>, architecture: Architecture) {
    this.#ops = operations(backend);
    this.#tf = backend.tf;
    this.architecture = architecture;
  }

  /** @returns logits [B, K] */
  logits(weights: Weights, { ids, mask }: Padded, { dropout = () => null, watch }: Pass = {}): Tensor {
    const { layers, dropout: rates, headActivation } = this.architecture;
    const { linear, first, tanh, relu, drop } = this.#ops;
    const w = (name: string): Tensor => named(weights, name);
    let place = 0;
    const scope: Scope = { w, noise: (rate, shape) => (rate > 0 ? dropout(place++, rate, shape) : null), watch };

    let x = this.#embeddings(scope, ids); // [B, L, W]
    watch?.('hidden/0', x);
    const bias = this.#paddingBias(mask); // [B, 1, 1, L]
    for (let i = 0; i < layers; i++) {
      x = this.#layer(scope, i, x, bias); // [B, L, W]
      watch?.(`hidden/${i + 1}`, x);
    }
    const pooled = linear(first(x), w('head/hidden/kernel'), w('head/hidden/bias')); // [B, W]
    const active = headActivation === 'tanh' ? tanh(pooled) : relu(pooled); // [B, W]
    const kept = drop(active, scope.noise(rates.head, active.shape)); // [B, W]
    return linear(kept, w('head/output/kernel'), w('head/output/bias')); // [B, K]
  }

  /** Cross-entropy over these texts, divided by a number of texts: these texts may be only a part of them. */
  loss(weights: Weights, batch: Padded, labels: Tensor, texts: number, pass: Pass = {}): Tensor {
    return this.#ops.crossEntropy(this.logits(weights, batch, pass), labels, texts);
  }

  #embeddings({ w, noise }: Scope, ids: Tensor): Tensor {
    const { types, epsilon, dropout } = this.architecture;
    const { embed, normalise, drop } = this.#ops;
    const type = types > 0 ? w('embeddings/type') : undefined;
    const sum = embed(ids, w('embeddings/word'), w('embeddings/position'), type); // [B, L, W]
    const x = normalise(sum, null, w('embeddings/norm/gain'), w('embeddings/norm/bias'), epsilon); // [B, L, W]
    return drop(x, noise(dropout.hidden, x.shape));
  }

  #layer({ w, noise, watch }: Scope, i: number, x: Tensor, bias: Tensor): Tensor {
    const { family, heads, activation, epsilon, dropout } = this.architecture;
    const { linear, normalise, attend, gelu, relu, drop } = this.#ops;
    const dense = (part: string, from: Tensor) =>
      linear(from, w(`layer/${i}/${part}/kernel`), w(`layer/${i}/${part}/bias`));
    const norm = (part: string, sum: Tensor, residual: Tensor) =>
      normalise(sum, residual, w(`layer/${i}/${part}/gain`), w(`layer/${i}/${part}/bias`), epsilon);

    const [b = 0, l = 0] = x.shape;
    const [q, k, v] = [dense('query', x), dense('key', x), dense('value', x)]; // [B, L, W] each
    const see = watch && ((p: Tensor) => watch(`attention/${i}`, p));
    const context = attend({ q, k, v, bias }, heads, noise(dropout.attention, [b, heads, l, l]), see); // [B, L, W]
    const attended = dense('attention', context); // [B, L, W]
    // DistilBERT has no dropout here.
    const kept = family === 'bert' ? drop(attended, noise(dropout.hidden, attended.shape)) : attended;
    const y = norm('attention-norm', kept, x); // [B, L, W]

    const up = dense('up', y); // [B, L, I]
    const active = activation === 'relu' ? relu(up) : gelu(up, activation === 'gelu-tanh'); // [B, L, I]
    const down = dense('down', active); // [B, L, W]
    return norm('output-norm', drop(down, noise(dropout.hidden, down.shape)), y); // [B, L, W]
  }

  #paddingBias(mask: Tensor): Tensor {
    const tf = this.#tf;
    const [b = 0, l = 0] = mask.shape;
    return tf.reshape(tf.mul(tf.sub(1, tf.cast(mask, 'float32')), NEVER), [b, 1, 1, l]);
  }
}

type Scope = {
  readonly w: (name: string) => Tensor;
  readonly noise: (rate: number, shape: readonly number[]) => Mask | null;
  readonly watch: Watch | undefined;
};

function named(weights: Weights, name: string): Tensor {
  const found = weights.get(name);
  if (!found) throw new RangeError(`the parameter ${name} is missing`);
  return found;
}
