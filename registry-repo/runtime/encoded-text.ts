import type { Manifest } from '../manifest.ts';

/** One text as the rows of a graph's inputs: by input name, numbers of any length. */
export type EncodedText = Readonly<Record<string, Int32Array>>;

export type Encoder = {
  readonly encode: (text: string) => EncodedText;
  /** By input name, what fills a shorter row of a batch; the graph must not be moved by it. */
  readonly padding: Readonly<Record<string, number>>;
  /** Batches are as wide as a multiple of this. */
  readonly bucket: number;
  /** Most numbers of one input in one run. */
  readonly cells: number;
};

export type GraphInputs = Manifest['contract']['inputs'];
