import type { Manifest } from '../manifest.ts';

/** One text as the rows of a graph's inputs: by input name, numbers of any length. */
export type EncodedText = Readonly<Record<string, Int32Array>>;

/** How the rows of one input are made even in a batch. */
export type Padding = {
  /** Fills a shorter row; the graph must not be moved by it. */
  readonly filler: number;
  /** Rows are as wide as a multiple of this. */
  readonly bucket: number;
  /** Most numbers in one run. */
  readonly cells: number;
};

export type Encoder = {
  readonly encode: (text: string) => EncodedText;
  /** By input name. Each input has a width of its own. */
  readonly inputs: Readonly<Record<string, Padding>>;
};

export type GraphInputs = Manifest['contract']['inputs'];
