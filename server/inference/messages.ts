import type { RuntimeSource } from '../../registry-repo/runtime/runtime.ts';

/** The part of a manifest that a runtime is made from. */
export type RuntimeManifest = RuntimeSource['manifest'];

/** What a worker is told. It is told the next thing only after it has answered. */
export type Order =
  | {
      readonly order: 'load';
      readonly manifest: RuntimeManifest;
      readonly files: ReadonlyMap<string, Uint8Array>;
      readonly threads: number;
    }
  | { readonly order: 'classify'; readonly texts: readonly string[] }
  | { readonly order: 'stop' };

/** What it answers: one of these for every order. After `stopped`, and after a failed `load`, it ends by itself. */
export type Answer =
  | { readonly answer: 'loaded' }
  | { readonly answer: 'classified'; readonly probabilities: Float32Array }
  | { readonly answer: 'failed'; readonly code: string; readonly message: string }
  | { readonly answer: 'stopped' };
