import type { Backend, Tensor } from '../backends/backend.ts';
import { stepsOf } from '../transformer/step.ts';

export type Recurrence = ReturnType<typeof recurrence>;

/** What one step of time leaves for its derivative, [D, B, 3H] and [D, B, H]. */
type Kept = readonly [gates: Tensor, candidate: Tensor, cell: Tensor, hidden: Tensor];
const KEPT = 4;

/**
 * The steps of a recurrent classifier, each with its derivative written out, in TensorFlow.js operations that every backend
 * has. B texts, L tokens, H numbers of a state, D directions.
 */
export function recurrence({ tf }: Pick<Backend, 'tf'>) {
  const step = stepsOf(tf);

  /** The second direction's time runs backwards: [L, D, B, n] to its own time and, as well, back. */
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

  const byText = (steps: Tensor[]): Tensor => {
    const [d = 0, b = 0, n = 0] = steps[0]?.shape ?? [];
    return tf.reshape(tf.transpose(turned(tf.stack(steps, 0)), [2, 0, 1, 3]), [b, steps.length, d * n]);
  };

  /** By time, 1 for texts that go on and 0 for those that have ended, [D, B, 1]; null where all go on. */
  const present = (mask: Tensor, directions: number): (Tensor | null)[] => {
    const [b = 0, l = 0] = mask.shape;
    const wide = tf.tile(tf.reshape(tf.cast(mask, 'float32'), [b, l, 1]), [1, 1, directions]);
    const padded = new Set<number>();
    mask.dataSync().forEach((one, i) => {
      if (one) return;
      padded.add(i % l);
      if (directions === 2) padded.add(l - 1 - (i % l));
    });
    return byTime(wide, directions).map((m, t) => (padded.has(t) ? m : null));
  };

  const select = (m: Tensor | null, x: Tensor, otherwise: Tensor): Tensor =>
    m === null ? x : tf.add(tf.mul(m, x), tf.mul(tf.sub(1, m), otherwise));

  const part = (x: Tensor, which: number, of: number): Tensor => {
    const [d = 0, b = 0, n = 0] = x.shape;
    return tf.slice(x, [0, 0, (which * n) / of], [d, b, n / of]);
  };

  const zeros = (d: number, b: number, h: number): Tensor => tf.zeros([d, b, h]);

  /** [D, m, n] as D matrices: WebAssembly multiplies one pair of matrices many times as fast as several pairs at once. */
  const matrices = (x: Tensor): Tensor[] => tf.unstack(x, 0);

  /** [D, m, n] and D times [n, o] → [D, m, o]. */
  const product = (a: Tensor, b: readonly Tensor[]): Tensor =>
    tf.stack(
      matrices(a).map((one, i) => tf.matMul(one, b[i] as Tensor)),
      0,
    );

  const forwardStep = (x: Tensor, m: Tensor | null, recurrent: Tensor[], hidden: Tensor, cell: Tensor): Kept =>
    tf.tidy((): [Tensor, Tensor, Tensor, Tensor] => {
      const z = tf.add(x, product(hidden, recurrent)); // [D, B, 4H]
      const [d = 0, b = 0, h = 0] = hidden.shape;
      const gates = tf.sigmoid(tf.slice(z, [0, 0, 0], [d, b, 3 * h]));
      const candidate = tf.tanh(part(z, 3, 4));
      const c = tf.add(tf.mul(part(gates, 2, 3), cell), tf.mul(part(gates, 0, 3), candidate));
      const y = tf.mul(part(gates, 1, 3), tf.tanh(c));
      return [gates, candidate, select(m, c, cell), select(m, y, hidden)];
    }) as Kept;

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
     * The states of an LSTM (Hochreiter & Schmidhuber 1997; with forget gates, Gers et al. 2000), from its inputs after the product
     * with the kernel. Past a text's end the state stays as it was.
     *
     * @param inputs [B, L, D·4H]
     * @param mask [B, L], 1 for tokens, 0 for padding behind them
     * @param recurrent [D, H, 4H]
     * @returns [B, L, D·H]
     */
    lstm(inputs: Tensor, mask: Tensor, recurrent: Tensor): Tensor {
      const b = inputs.shape[0] as number;
      const [d = 0, h = 0] = recurrent.shape;
      return step(
        [inputs, recurrent],
        (save) => {
          const masks = present(mask, d);
          let [hidden, cell] = [zeros(d, b, h), zeros(d, b, h)];
          const kept: Kept[] = [];
          const kernels = matrices(recurrent);
          for (const [t, x] of byTime(inputs, d).entries()) {
            const now = forwardStep(x, masks[t] as Tensor | null, kernels, hidden, cell);
            kept.push(now);
            [, , cell, hidden] = now;
          }
          save(mask, recurrent, ...kept.flat());
          return byText(kept.map(([, , , state]) => state));
        },
        (dy, [mask, recurrent, ...saved]) => {
          const masks = present(mask as Tensor, d);
          const steps = byTime(dy, d);
          const back = matrices(tf.transpose(recurrent as Tensor, [0, 2, 1])); // [4H, H] each
          const [none, changes] = [zeros(d, b, h), [] as Tensor[]];
          const at = (t: number, which: number): Tensor => (t < 0 ? none : (saved[t * KEPT + which] as Tensor));
          let [dHidden, dCell] = [none, none];
          for (let t = steps.length - 1; t >= 0; t--) {
            const m = masks[t] as Tensor | null;
            const [dz, nextHidden, nextCell] = tf.tidy((): [Tensor, Tensor, Tensor] => {
              const [gates, candidate] = [at(t, 0), at(t, 1)];
              const [i, o, f] = [part(gates, 0, 3), part(gates, 1, 3), part(gates, 2, 3)];
              const dh = tf.add(dHidden, steps[t] as Tensor);
              const own = (x: Tensor) => (m === null ? x : tf.mul(m, x));
              const passed = (x: Tensor, y: Tensor) => (m === null ? x : tf.add(x, tf.mul(tf.sub(1, m), y)));
              const th = tf.tanh(at(t, 2));
              const dy_ = own(dh);
              const dc = tf.add(own(dCell), tf.mul(tf.mul(dy_, o), tf.sub(1, tf.square(th))));
              const dGates = tf.concat([tf.mul(dc, candidate), tf.mul(dy_, th), tf.mul(dc, at(t - 1, 2))], 2);
              const dz = tf.concat(
                [
                  tf.mul(dGates, tf.mul(gates, tf.sub(1, gates))),
                  tf.mul(tf.mul(dc, i), tf.sub(1, tf.square(candidate))),
                ],
                2,
              ); // [D, B, 4H]
              return [dz, passed(product(dz, back), dh), passed(tf.mul(dc, f), dCell)];
            });
            changes.unshift(dz);
            [dHidden, dCell] = [nextHidden, nextCell];
          }
          const together = (list: Tensor[]) => {
            const n = list[0]?.shape[2] as number;
            return tf.reshape(tf.transpose(tf.stack(list, 0), [1, 0, 2, 3]), [d, -1, n]); // [D, L·B, n]
          };
          const before = together(changes.map((_, t) => at(t - 1, 3)));
          const dRecurrent = product(tf.transpose(before, [0, 2, 1]), matrices(together(changes)));
          return [byText(changes), dRecurrent];
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

    /** The highest of a text's tokens, number by number: [B, L, n] → [B, n]. */
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
          const chosen = tf.transpose(tf.oneHot(places as never, l), [0, 2, 1]); // [B, L, n]
          return [tf.mul(tf.cast(chosen, 'float32'), tf.reshape(dy, [b, 1, n]))];
        },
      );
    },
  };
}
