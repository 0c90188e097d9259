import type { Manifest } from '../manifest.ts';

/** One text as the rows of a graph's inputs: by input name, numbers of any length. */
export type EncodedText = Readonly<Record<string, Int32Array>>;

/** How the rows of one input are padded to one width in a batch. */
export type Padding = {
  /** The padding value; it must not change the graph's answer. */
  readonly filler: number;
  /**
   * The width of the row of a text with so many numbers. It depends on that text alone, so that no other text can widen
   * it.
   */
  readonly width: (numbers: number) => number;
  /** The most numbers in one run. */
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

/**
 * Eight widths from one power of two to the next: few enough that texts share batches, and at most an eighth is
 * padding.
 */
export const eighths: Padding['width'] = (numbers) =>
  multiplesOf(Math.max(1, 2 ** (Math.floor(Math.log2(Math.max(1, numbers))) - 3)))(numbers);
