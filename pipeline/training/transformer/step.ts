import type { Tensor, Tf } from '../backends/backend.ts';

/**
 * Makes operations from their inputs to one output. Saved tensors are kept for the derivative; all others are freed,
 * also those that were given.
 */
export const stepsOf =
  (tf: Tf) =>
  (
    inputs: readonly Tensor[],
    forward: (save: (...tensors: Tensor[]) => void) => Tensor,
    backward: (dy: Tensor, saved: Tensor[]) => Tensor[],
  ): Tensor => {
    const run = tf.customGrad((...args) => {
      const save = args.at(-1) as unknown as (tensors: Tensor[]) => void;
      return {
        value: forward((...tensors) => save(tensors)),
        gradFunc: (dy, saved) => tf.tidy(() => backward(dy, saved)),
      };
    });
    return run(...inputs);
  };
