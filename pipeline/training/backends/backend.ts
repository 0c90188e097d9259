import type * as tfjs from '@tensorflow/tfjs-core';

/** TensorFlow.js, whichever copy of it a backend has brought. */
export type Tf = typeof tfjs;
export type { Tensor } from '@tensorflow/tfjs-core';

/** What can compute: best first. */
export const BACKENDS = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** An open backend. There is one a process: TensorFlow.js keeps the current one in a global variable. */
export type Backend = {
  readonly name: BackendName;
  /** Of what computes: TensorFlow's own, or TensorFlow.js's. */
  readonly version: string;
  readonly tf: Tf;
  /** Whether a product with a transposed operand takes many times as long as transposing it first. */
  readonly slowTransposed: boolean;
};
