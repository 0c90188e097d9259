import type { Backend, Tensor } from '../backends/backend.ts';
import { stepsOf } from '../transformer/step.ts';

export type Recurrence = ReturnType<typeof recurrence>;

/** The results of one step of time: [D, B, 3H] and [D, B, H]. */
type Step = [gates: Tensor, candidate: Tensor, cell: Tensor, hidden: Tensor];

/**
 * The operations of a recurrent classifier, each with its derivative, in TensorFlow.js operations that every backend
 * has. B texts, L tokens, H numbers of a state, D directions.
 */
export function recurrence({ tf }: Pick<Backend, 'tf'>) {
  const step = stepsOf(tf);

  /** The second direction's time runs backwards: converts [L, D, B, n] to its own time and back. */
  const turned = (x: Tensor): Tensor => {
    if (x.shape[1] === 1) return x;
    const [ahead, back] = tf.split(x, 2, 1) as [Tensor, Tensor];
    return tf.concat([ahead, tf.reverse(back, 0)], 1);
  };

  /** [B, L, D·n] as L times [D, B, n], each in its direction's time. */
  const byTime = (x: Tensor, directions: number): Tensor[] =>
    tf.tidy(() => {
      const [b = 0, l = 0, n = 0] = x.shape;
      const apart = tf.transpose(tf.reshape(x, [b, l, directions, n / directions]), [1, 2, 0, 3]); // [L, D, B, n]
      return tf.unstack(turned(apart), 0);
    });

  /** [L, D, B, n], each in its direction's time, as [B, L, D·n]. */
  const byText = (x: Tensor): Tensor => {
    const [l = 0, d = 0, b = 0, n = 0] = x.shape;
    return tf.reshape(tf.transpose(turned(x), [2, 0, 1, 3]), [b, l, d * n]);
  };

  /**
   * By time and in each direction's, 1 for texts that go on and 0 for those that have ended, [L, D, B, 1]; null if all
   * go on.
   */
  const present = (lengths: readonly number[], l: number, directions: number): Tensor | null => {
    if (lengths.every((length) => length === l)) return null;
    const b = lengths.length;
    const ones = new Float32Array(l * directions * b);
    lengths.forEach((length, text) => {
      for (let t = 0; t < length; t++) {
        ones[t * directions * b + text] = 1;
        if (directions === 2) ones[((l - 1 - t) * 2 + 1) * b + text] = 1;
      }
    });
    return tf.tensor4d(ones, [l, directions, b, 1]);
  };

  /** By time, whether some text has no token there; from both ends, if texts are read from both. */
  const paddedAt = (lengths: readonly number[], l: number, directions: number): boolean[] => {
    const least = Math.min(...lengths);
    return Array.from({ length: l }, (_, t) => t >= least || (directions === 2 && l - 1 - t >= least));
  };

  const select = (m: Tensor, x: Tensor, otherwise: Tensor): Tensor =>
    tf.add(tf.mul(m, x), tf.mul(tf.sub(1, m), otherwise));

  /**
   * [D, m, n] as D matrices: WebAssembly multiplies one pair of matrices many times as fast as several pairs at once.
   */
  const matrices = (x: Tensor): Tensor[] => tf.unstack(x, 0);

  /** [D, m, n] and D times [n, o] → [D, m, o]. */
  const product = (a: Tensor, b: readonly Tensor[]): Tensor =>
    tf.stack(
      matrices(a).map((one, i) => tf.matMul(one, b[i] as Tensor)),
      0,
    );

  /** [L, D, B, n] one step of time later; the first is 0. */
  const later = (x: Tensor): Tensor => {
    const [l = 0, ...rest] = x.shape;
    return tf.concat([tf.zeros([1, ...rest]), tf.slice(x, 0, l - 1)], 0);
  };

  /**
   * One step of time: from x [D, B, 4H], its gates [D, B, 3H] and candidate, and the next cell and state, [D, B, H]
   * each.
   */
  const forwardStep = (x: Tensor, recurrent: Tensor[], hidden: Tensor, cell: Tensor, m: Tensor | null) =>
    tf.tidy((): Step => {
      const z = tf.add(x, product(hidden, recurrent));
      const [d = 0, b = 0, h = 0] = hidden.shape;
      const gates = tf.sigmoid(tf.slice(z, [0, 0, 0], [d, b, 3 * h]));
      const candidate = tf.tanh(tf.slice(z, [0, 0, 3 * h], [d, b, h]));
      const [input, output, forget] = tf.split(gates, 3, 2) as [Tensor, Tensor, Tensor];
      const c = tf.add(tf.mul(forget, cell), tf.mul(input, candidate));
      const y = tf.mul(output, tf.tanh(c));
      return m === null ? [gates, candidate, c, y] : [gates, candidate, select(m, c, cell), select(m, y, hidden)];
    });

  /**
   * The parts of a derivative that do not depend on the step after: the factors of a state's change on its way into the
   * cell (`through`), of cell or state on its way into the gates before their activations (`into`), of a cell into the
   * one before (`on`).
   */
  const slopes = (gates: Tensor, candidate: Tensor, cells: Tensor, m: Tensor | null) =>
    tf.tidy(() => {
      const [input, output, forget] = tf.split(gates, 3, 3) as [Tensor, Tensor, Tensor];
      const curved = tf.tanh(cells);
      const own = (x: Tensor) => (m === null ? x : tf.mul(m, x));
      const ofGates = tf.mul(tf.concat([candidate, curved, later(cells)], 3), tf.mul(gates, tf.sub(1, gates)));
      const ofCandidate = tf.mul(input, tf.sub(1, tf.square(candidate)));
      return {
        through: own(tf.mul(output, tf.sub(1, tf.square(curved)))), // [L, D, B, H]
        into: own(tf.concat([ofGates, ofCandidate], 3)), // [L, D, B, 4H]
        on: m === null ? tf.clone(forget) : tf.add(tf.mul(m, forget), tf.sub(1, m)), // [L, D, B, H]
      };
    });

  return {
    /** Rows of a table [V, E] by ids [B, L] → [B, L, E]. */
    lookUp(ids: Tensor, table: Tensor): Tensor {
      const [rows = 0, width = 0] = table.shape;
      return step(
        [table],
        (save) => {
          save(ids);
          return tf.gather(table, ids as never);
        },
        (dy, [ids]) => [
          tf.unsortedSegmentSum(tf.reshape(dy, [-1, width]), tf.reshape(ids as Tensor, [-1]) as never, rows),
        ],
      );
    },

    /**
     * The states of an LSTM (Hochreiter & Schmidhuber 1997; with forget gates, Gers et al. 2000), from its inputs after
     * the product with the kernel. After a text's end the state stays the same.
     *
     * @param inputs [B, L, D·4H]
     * @param lengths tokens of each text; behind them is padding
     * @param recurrent [D, H, 4H]
     * @returns [B, L, D·H]
     */
    lstm(inputs: Tensor, lengths: readonly number[], recurrent: Tensor): Tensor {
      const [b = 0, l = 0] = inputs.shape;
      const [d = 0, h = 0] = recurrent.shape;
      const padded = paddedAt(lengths, l, d);
      const zeros = () => tf.zeros([d, b, h]);
      return step(
        [inputs, recurrent],
        (save) => {
          const m = present(lengths, l, d);
          const ms = m === null ? [] : tf.unstack(m, 0);
          const kernels = matrices(recurrent);
          let [hidden, cell] = [zeros(), zeros()];
          const kept: Step[] = [];
          for (const [t, x] of byTime(inputs, d).entries()) {
            const now = forwardStep(x, kernels, hidden, cell, padded[t] ? (ms[t] as Tensor) : null);
            kept.push(now);
            [, , cell, hidden] = now;
          }
          const all = (which: number) => tf.stack(kept.map((now) => now[which] as Tensor)); // [L, D, B, …]
          const states = all(3);
          save(recurrent, all(0), all(1), all(2), states);
          return byText(states);
        },
        (dy, [recurrent, gates, candidate, cells, states]) => {
          const m = present(lengths, l, d);
          const ms = m === null ? [] : tf.unstack(m, 0);
          const parts = slopes(gates as Tensor, candidate as Tensor, cells as Tensor, m);
          const [through, into, on] = [parts.through, parts.into, parts.on].map((x) => tf.unstack(x, 0));
          const steps = byTime(dy, d);
          const back = matrices(tf.transpose(recurrent as Tensor, [0, 2, 1])); // [4H, H] each
          const changes: Tensor[] = [];
          let [dHidden, dCell] = [zeros(), zeros()];
          for (let t = l - 1; t >= 0; t--) {
            const [dz, nextHidden, nextCell] = tf.tidy((): [Tensor, Tensor, Tensor] => {
              const dh = tf.add(dHidden, steps[t] as Tensor);
              const dc = tf.add(dCell, tf.mul(dh, through?.[t] as Tensor));
              const dz = tf.mul(tf.concat([dc, dh, dc, dc], 2), into?.[t] as Tensor); // [D, B, 4H]
              const before = product(dz, back);
              const passed = padded[t] ? tf.add(before, tf.mul(tf.sub(1, ms[t] as Tensor), dh)) : before;
              return [dz, passed, tf.mul(dc, on?.[t] as Tensor)];
            });
            changes.unshift(dz);
            [dHidden, dCell] = [nextHidden, nextCell];
          }
          const all = tf.stack(changes); // [L, D, B, 4H]
          const together = (x: Tensor) => tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [d, l * b, x.shape[3] as number]);
          const dRecurrent = product(
            tf.transpose(together(later(states as Tensor)), [0, 2, 1]),
            matrices(together(all)),
          );
          return [byText(all), dRecurrent];
        },
      );
    },

    /** The state of each direction after it has read all of a text: [B, L, D·H] → [B, D·H]. */
    last(x: Tensor, directions: number): Tensor {
      const [b = 0, l = 0, n = 0] = x.shape;
      const h = n / directions;
      const places = directions === 1 ? [l - 1] : [l - 1, 0];
      return step(
        [x],
        () =>
          tf.reshape(
            tf.concat(
              places.map((at, i) => tf.slice(x, [0, at, i * h], [b, 1, h])),
              2,
            ),
            [b, n],
          ),
        (dy) => {
          const parts = tf.split(tf.reshape(dy, [b, 1, n]), directions, 2) as Tensor[];
          const back = parts.map((part, i) =>
            tf.pad(part, [
              [0, 0],
              [places[i] as number, l - 1 - (places[i] as number)],
              [0, 0],
            ]),
          );
          return [tf.concat(back, 2)];
        },
      );
    },

    /** Mean over a text's tokens: [B, L, n] → [B, n]. */
    mean(x: Tensor, mask: Tensor): Tensor {
      const [b = 0, l = 0, n = 0] = x.shape;
      return step(
        [x],
        (save) => {
          const present = tf.reshape(tf.cast(mask, 'float32'), [b, l, 1]);
          const share = tf.div(present, tf.sum(present, 1, true)); // [B, L, 1]
          save(share);
          return tf.sum(tf.mul(x, share), 1);
        },
        (dy, [share]) => [tf.mul(tf.reshape(dy, [b, 1, n]), share as Tensor)],
      );
    },

    /** Maximum over a text's tokens, number by number: [B, L, n] → [B, n]. */
    max(x: Tensor, mask: Tensor): Tensor {
      const [b = 0, l = 0, n = 0] = x.shape;
      return step(
        [x],
        (save) => {
          const absent = tf.sub(1, tf.reshape(tf.cast(mask, 'float32'), [b, l, 1]));
          const kept = tf.sub(x, tf.mul(absent, 1e9));
          save(tf.argMax(kept, 1)); // [B, n]
          return tf.max(kept, 1);
        },
        (dy, [places]) => {
          // In this order: the WebGPU package does not transpose the result of a cast from integers.
          const chosen = tf.cast(tf.oneHot(places as never, l), 'float32'); // [B, n, L]
          return [tf.transpose(tf.mul(chosen, tf.reshape(dy, [b, n, 1])), [0, 2, 1])];
        },
      );
    },
  };
}
