import type { Backend, Tensor } from '../backends/backend.ts';
import { stepsOf } from './step.ts';

/** The rate and mask of dropout: 1 keeps a number. The mask has the shape of what it is applied to. */
export type Mask = { readonly keep: Tensor; readonly rate: number };

export type Operations = ReturnType<typeof operations>;

/**
 * The operations of a transformer, each with its derivative, in TensorFlow.js operations that every backend has. They
 * are written out rather than left to the library, so that intermediate results are freed at once, and the same
 * formulas run on every backend. B texts, L tokens, W width, H heads, D = W / H, I and O any widths.
 */
export function operations({ tf, slowTransposed }: Pick<Backend, 'tf' | 'slowTransposed'>) {
  /** `a · b`, of the last two dimensions, with either of them transposed. */
  const product = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
    slowTransposed
      ? tf.matMul(transposeA ? transposed(a) : a, transposeB ? transposed(b) : b)
      : tf.matMul(a, b, transposeA, transposeB);

  const transposed = (x: Tensor): Tensor => {
    const order = x.shape.map((_, i) => i);
    const [row = 0, column = 0] = order.splice(-2);
    return tf.transpose(x, [...order, column, row]);
  };

  const step = stepsOf(tf);

  /** [B, L, …] as [B·L, …]; a matrix stays the same. */
  const flat = (x: Tensor): Tensor => tf.reshape(x, [-1, x.shape.at(-1) as number]);

  const split = (x: Tensor, heads: number): Tensor => {
    const [b = 0, l = 0, w = 0] = x.shape;
    return tf.transpose(tf.reshape(x, [b, l, heads, w / heads]), [0, 2, 1, 3]); // [B, H, L, D]
  };

  const merge = (x: Tensor): Tensor => {
    const [b = 0, h = 0, l = 0, d = 0] = x.shape;
    return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [b, l, h * d]); // [B, L, W]
  };

  const zeroed = (x: Tensor, keep: Tensor): Tensor => tf.mul(x, tf.cast(keep, 'float32'));

  /** The factor that makes up for the zeroes. */
  const gainOf = (mask: Mask | null): number => (mask ? 1 / (1 - mask.rate) : 1);

  const masked = (x: Tensor, mask: Mask): Tensor => zeroed(tf.mul(x, gainOf(mask)), mask.keep);

  return {
    /** Rows of a table [V, W] by ids [B, L], and to each row that of its place [P, W] and of the first type [T, W] → [B, L, W]. */
    embed(ids: Tensor, word: Tensor, place: Tensor, type: Tensor | undefined): Tensor {
      const [, l = 0] = ids.shape;
      const w = word.shape[1] as number;
      const firstRows = (table: Tensor, rows: number) => tf.slice(table, [0, 0], [rows, w]);
      const below = (rows: Tensor, table: Tensor) =>
        tf.pad(rows, [
          [0, (table.shape[0] as number) - (rows.shape[0] as number)],
          [0, 0],
        ]);
      return step(
        [word, place, ...(type ? [type] : [])],
        (save) => {
          save(ids);
          const words = tf.gather(word, ids as never); // [B, L, W]
          const context = type ? tf.add(firstRows(place, l), firstRows(type, 1)) : firstRows(place, l); // [L, W]
          return tf.add(words, context);
        },
        (dy, [ids]) => {
          const places = tf.sum(dy, 0); // [L, W]
          return [
            tf.unsortedSegmentSum(flat(dy), tf.reshape(ids as Tensor, [-1]) as never, word.shape[0] as number), // [V, W]
            below(places, place), // [P, W]
            ...(type ? [below(tf.sum(places, 0, true), type)] : []), // [T, W]
          ];
        },
      );
    },

    /** `x · kernel + bias`: [B, L, I] or [B, I], with kernel [I, O] → [B, L, O] or [B, O]. */
    linear(x: Tensor, kernel: Tensor, bias: Tensor): Tensor {
      const shape = [...x.shape.slice(0, -1), kernel.shape[1] as number];
      return step(
        [x, kernel, bias],
        (save) => {
          save(x, kernel);
          return tf.reshape(tf.add(product(flat(x), kernel), bias), shape);
        },
        (dy, [x, kernel]) => {
          const d = flat(dy); // [B·L, O]
          return [
            tf.reshape(product(d, kernel as Tensor, false, true), (x as Tensor).shape),
            product(flat(x as Tensor), d, true), // [I, O]
            tf.sum(d, 0), // [O]
          ];
        },
      );
    },

    /** Layer normalisation of `x + residual`, both [B, L, W] (Ba, Kiros & Hinton 2016). */
    normalise(x: Tensor, residual: Tensor | null, gain: Tensor, bias: Tensor, epsilon: number): Tensor {
      return step(
        residual ? [x, residual, gain, bias] : [x, gain, bias],
        (save) => {
          const sum = residual ? tf.add(x, residual) : x;
          const centred = tf.sub(sum, tf.mean(sum, -1, true)); // [B, L, W]
          const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon)); // [B, L, 1]
          const unit = tf.mul(centred, scale);
          save(unit, scale, gain);
          return tf.add(tf.mul(unit, gain), bias);
        },
        (dy, [unit, scale, gain]) => {
          const d = tf.mul(dy, gain as Tensor); // [B, L, W]
          const along = tf.mean(tf.mul(d, unit as Tensor), -1, true); // [B, L, 1]
          const rest = tf.sub(tf.sub(d, tf.mean(d, -1, true)), tf.mul(unit as Tensor, along));
          const dx = tf.mul(rest, scale as Tensor);
          const own = [tf.sum(flat(tf.mul(dy, unit as Tensor)), 0), tf.sum(flat(dy), 0)];
          return residual ? [dx, tf.clone(dx), ...own] : [dx, ...own];
        },
      );
    },

    /**
     * `softmax(Q·Kᵀ / √D + bias) · V` for every head (Vaswani et al. 2017).
     *
     * @param q, k, v [B, L, W]
     * @param bias [B, 1, 1, L]: 0 for tokens, a large negative number for padding
     * @param dropout of the probabilities [B, H, L, L]
     * @param watch gets the probabilities
     */
    attend(
      { q, k, v, bias }: Readonly<Record<'q' | 'k' | 'v' | 'bias', Tensor>>,
      heads: number,
      dropout: Mask | null,
      watch?: (probabilities: Tensor) => void,
    ): Tensor {
      const scale = 1 / Math.sqrt((q.shape[2] as number) / heads);
      return step(
        [q, k, v],
        (save) => {
          const queries = split(tf.mul(q, scale), heads); // [B, H, L, D]
          const keys = split(k, heads); // [B, H, L, D]
          const values = split(v, heads); // [B, H, L, D]
          const scores = tf.add(product(queries, keys, false, true), bias); // [B, H, L, L]
          const probabilities = tf.softmax(scores); // [B, H, L, L]
          watch?.(probabilities);
          save(queries, keys, values, probabilities, ...(dropout ? [dropout.keep] : []));
          const used = dropout ? zeroed(probabilities, dropout.keep) : probabilities;
          return tf.mul(merge(product(used, values)), gainOf(dropout)); // [B, L, W]
        },
        (dy, saved) => {
          const [queries, keys, values, probabilities, keep] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor?];
          const thinned = (x: Tensor) => (keep ? zeroed(x, keep) : x);
          const d = split(tf.mul(dy, gainOf(dropout)), heads); // [B, H, L, D]
          const dProbabilities = thinned(product(d, values, false, true)); // [B, H, L, L]
          const weighted = tf.mul(dProbabilities, probabilities);
          const dScores = tf.sub(weighted, tf.mul(probabilities, tf.sum(weighted, -1, true))); // [B, H, L, L]
          return [
            tf.mul(merge(product(dScores, keys)), scale),
            merge(product(dScores, queries, true)),
            merge(product(thinned(probabilities), d, true)),
          ];
        },
      );
    },

    /** `x · Φ(x)`, Φ being the normal distribution (Hendrycks & Gimpel 2016); by its tanh approximation if asked. */
    gelu(x: Tensor, approximate: boolean): Tensor {
      const c = Math.sqrt(2 / Math.PI);
      if (!approximate)
        return step(
          [x],
          (save) => {
            const share = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5); // Φ(x)
            save(x, share);
            return tf.mul(x, share);
          },
          (dy, saved) => {
            const [x, share] = saved as [Tensor, Tensor];
            const density = tf.exp(tf.mul(tf.square(x), -0.5)); // φ(x) · √(2π)
            return [tf.mul(dy, tf.add(share, tf.mul(tf.mul(x, 1 / Math.sqrt(2 * Math.PI)), density)))];
          },
        );
      return step(
        [x],
        (save) => {
          const t = tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), c));
          save(x, t);
          return tf.mul(x, tf.mul(tf.add(t, 1), 0.5));
        },
        (dy, saved) => {
          const [x, t] = saved as [Tensor, Tensor];
          const slope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * 0.044715), 1), c / 2); // of half the inner sum
          const rest = tf.mul(x, tf.mul(tf.sub(1, tf.square(t)), slope));
          return [tf.mul(dy, tf.add(tf.mul(tf.add(t, 1), 0.5), rest))];
        },
      );
    },

    tanh(x: Tensor): Tensor {
      return step(
        [x],
        (save) => {
          const y = tf.tanh(x);
          save(y);
          return y;
        },
        (dy, [y]) => [tf.mul(dy, tf.sub(1, tf.square(y as Tensor)))],
      );
    },

    relu(x: Tensor): Tensor {
      return step(
        [x],
        (save) => {
          save(x);
          return tf.relu(x);
        },
        (dy, [x]) => [tf.mul(dy, tf.step(x as Tensor))],
      );
    },

    /** Zeroes numbers at random and scales the others to make up for it (Srivastava et al. 2014). */
    drop(x: Tensor, mask: Mask | null): Tensor {
      return mask === null
        ? x
        : step(
            [x],
            (save) => {
              save(mask.keep);
              return masked(x, mask);
            },
            (dy, [keep]) => [masked(dy, { ...mask, keep: keep as Tensor })],
          );
    },

    /** The vector of each text's first token: [B, L, W] → [B, W]. */
    first(x: Tensor): Tensor {
      const [b = 0, l = 0, w = 0] = x.shape;
      return step(
        [x],
        () => tf.reshape(tf.slice(x, [0, 0, 0], [b, 1, w]), [b, w]),
        (dy) => [
          tf.pad(tf.reshape(dy, [b, 1, w]), [
            [0, 0],
            [0, l - 1],
            [0, 0],
          ]),
        ],
      );
    },

    /** Sum over texts of the cross-entropy between softmax(logits [B, K]) and the labels' numbers [B], divided by `texts`. */
    crossEntropy(logits: Tensor, labels: Tensor, texts: number): Tensor {
      return step(
        [logits],
        (save) => {
          const truth = tf.cast(tf.oneHot(labels as never, logits.shape[1] as number), 'float32'); // [B, K]
          const shifted = tf.sub(logits, tf.max(logits, -1, true));
          const powers = tf.exp(shifted);
          const total = tf.sum(powers, -1, true); // [B, 1]
          save(tf.sub(tf.div(powers, total), truth));
          return tf.mul(tf.sum(tf.mul(truth, tf.sub(tf.log(total), shifted))), 1 / texts); // a number
        },
        (dy, [difference]) => [tf.mul(tf.mul(difference as Tensor, 1 / texts), dy)],
      );
    },
  };
}
