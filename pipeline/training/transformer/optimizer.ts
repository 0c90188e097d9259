import type { Backend, Tensor } from '../backends/backend.ts';

export type AdamWOptions = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Weight decay: the share of a parameter that a step at rate 1 subtracts. */
  readonly weightDecay: number;
  /** Largest norm of all gradients together; null for no limit. */
  readonly clip: number | null;
  /** By parameter, what the rate is multiplied by. */
  readonly rateOf: (name: string) => number;
};

/** The usual options of AdamW. */
export const ADAMW: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clip: 1,
  rateOf: () => 1,
};

/** Mean and uncentred variance of a parameter's gradients. */
export type Moments = { readonly mean: Tensor; readonly variance: Tensor };

/** Biases and the gains of layer normalisation do not decay. */
const decays = (name: string): boolean => !name.endsWith('/bias') && !name.endsWith('/gain');

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019), after all gradients together are scaled to a norm of
 * `clip` at most, as PyTorch's `clip_grad_norm_` does. Owns the parameters that it is given and replaces them step by
 * step.
 */
export class AdamW {
  readonly #tf: Backend['tf'];
  readonly #options: AdamWOptions;
  readonly #weights: Map<string, Tensor>;
  readonly #moments: Map<string, Moments>;
  #steps: number;

  /** @param from the state of an earlier one: its steps and moments */
  constructor(
    { tf }: Pick<Backend, 'tf'>,
    weights: ReadonlyMap<string, Tensor>,
    options: Partial<AdamWOptions> = {},
    from?: { readonly steps: number; readonly moments: ReadonlyMap<string, Moments> },
  ) {
    this.#tf = tf;
    this.#options = { ...ADAMW, ...options };
    this.#weights = new Map(weights);
    const zeros = (like: Tensor): Moments => ({ mean: tf.zerosLike(like), variance: tf.zerosLike(like) });
    this.#moments = new Map([...weights].map(([name, w]) => [name, from?.moments.get(name) ?? zeros(w)]));
    this.#steps = from?.steps ?? 0;
  }

  /** The current parameters; the next step frees them. */
  get weights(): ReadonlyMap<string, Tensor> {
    return this.#weights;
  }

  get moments(): ReadonlyMap<string, Moments> {
    return this.#moments;
  }

  get steps(): number {
    return this.#steps;
  }

  /**
   * One step by the gradients, which stay the caller's.
   *
   * @param rate learning rate
   * @returns the gradients' norm before it was clipped
   */
  async step(gradients: ReadonlyMap<string, Tensor>, rate: number): Promise<number> {
    const norm = await this.#normOf([...gradients.values()]);
    const { clip } = this.#options;
    const share = clip === null ? 1 : Math.min(1, clip / (norm + 1e-6));
    this.#steps++;
    for (const [name, gradient] of gradients) this.#move(name, gradient, share, rate * this.#options.rateOf(name));
    return norm;
  }

  #move(name: string, gradient: Tensor, share: number, rate: number): void {
    const tf = this.#tf;
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    const weight = this.#weights.get(name) as Tensor;
    const old = this.#moments.get(name) as Moments;
    const bias1 = 1 - beta1 ** this.#steps;
    const bias2 = Math.sqrt(1 - beta2 ** this.#steps);
    const [mean, variance, next] = tf.tidy(() => {
      const mean = tf.add(tf.mul(old.mean, beta1), tf.mul(gradient, (1 - beta1) * share));
      const variance = tf.add(tf.mul(old.variance, beta2), tf.mul(tf.square(gradient), (1 - beta2) * share * share));
      const kept = decays(name) && weightDecay > 0 ? tf.mul(weight, 1 - rate * weightDecay) : weight;
      // (rate / bias1) · mean / (√variance / bias2 + ε), with bias2 multiplied through
      const moved = tf.div(tf.mul(mean, (rate * bias2) / bias1), tf.add(tf.sqrt(variance), epsilon * bias2));
      return [tf.keep(mean), tf.keep(variance), tf.keep(tf.sub(kept, moved))] as const;
    });
    for (const replaced of [weight, old.mean, old.variance]) replaced.dispose();
    this.#moments.set(name, { mean, variance });
    this.#weights.set(name, next);
  }

  async #normOf(gradients: readonly Tensor[]): Promise<number> {
    const tf = this.#tf;
    const squares = tf.tidy(() => tf.stack(gradients.map((g) => tf.sum(tf.square(g)))));
    let total = 0;
    for (const square of await squares.data()) total += square;
    squares.dispose();
    return Math.sqrt(total);
  }

  dispose(): void {
    for (const weight of this.#weights.values()) weight.dispose();
    for (const { mean, variance } of this.#moments.values()) for (const tensor of [mean, variance]) tensor.dispose();
  }
}
