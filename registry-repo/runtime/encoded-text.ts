import type { Manifest } from '../manifest.ts';

/** One text as the rows of a graph's inputs: by input name, numbers of any length. */
export type EncodedText = Readonly<Record<string, Int32Array>>;

/** How the rows of one input are made even in a batch. */
export type Padding = {
  /** Fills a shorter row; the graph must not be moved by it. */
  readonly filler: number;
  /** How wide the row of a text with so many numbers is: a matter of that text alone, so that no neighbour can widen it. */
  readonly width: (numbers: number) => number;
  /** Most numbers in one run. */
  readonly cells: number;
};

export type Encoder = {
  readonly encode: (text: string) => EncodedText;
  /** By input name. Each input has a width of its own. */
  readonly inputs: Readonly<Record<string, Padding>>;
};

export type GraphInputs = Manifest['contract']['inputs'];

/** Widths that are multiples of `step`. */
export const multiplesOf =
  (step: number): Padding['width'] =>
  (numbers) =>
    Math.ceil(Math.max(1, numbers) / step) * step;

/** Eight widths from one power of two to the next: few enough for texts to meet others, and at most an eighth is filler. */
export const eighths: Padding['width'] = (numbers) =>
  multiplesOf(Math.max(1, 2 ** (Math.floor(Math.log2(Math.max(1, numbers))) - 3)))(numbers);
