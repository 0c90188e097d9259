import type { Manifest } from '../manifest.ts';

/**
 * A registered model that turns texts into probabilities. Training, gate and server all use it, and nothing else
 * answers.
 */
export type Runtime = {
  readonly labels: readonly string[];
  /**
   * @param texts B texts
   * @returns [B, K] probabilities, row-major, K = number of labels; each row sums to 1
   * @throws {ModelRefusedError} if the graph gives something else (shape, NaN, infinity)
   */
  classify(texts: readonly string[]): Promise<Float32Array>;
  /** Frees the native session. Later calls of `classify` fail; a second release changes nothing. */
  release(): Promise<void>;
};

/** What a runtime is made from: the manifest and its files' bytes, whose digests the caller has checked. */
export type RuntimeSource = {
  readonly manifest: Pick<Manifest, 'labels' | 'preprocessor' | 'contract'>;
  readonly file: (path: string) => Uint8Array;
};

/** Loads a model into this process. @param options.threads that one run of the model computes with */
export type Load = (source: RuntimeSource, options: { readonly threads: number }) => Promise<Runtime>;

/** What is needed to open a model: the same, with the bytes of every file that its runtime needs. */
export type ModelSource = {
  readonly manifest: RuntimeSource['manifest'];
  readonly files: ReadonlyMap<string, Uint8Array>;
};

/**
 * Opens a model in a place where it can do no harm.
 *
 * @param options.threads that one run of the model computes with
 * @throws {ModelRefusedError} if it cannot be loaded
 */
export type OpenModel = (source: ModelSource, options?: { readonly threads?: number }) => Promise<Runtime>;
