import type * as tfjs from '@tensorflow/tfjs-core';

/** TensorFlow.js, in whichever copy a backend has brought. */
export type Tf = typeof tfjs;
export type { Tensor } from '@tensorflow/tfjs-core';

/** Names of the backends, the best first. */
export const BACKENDS = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** An open backend. A process has one only: TensorFlow.js keeps the current one in a global variable. */
export type Backend = {
  readonly name: BackendName;
  /** Version of TensorFlow, or of TensorFlow.js where that computes. */
  readonly version: string;
  readonly tf: Tf;
  /** Whether a product with a transposed operand takes much longer than transposing the operand first. */
  readonly slowTransposed: boolean;
};
