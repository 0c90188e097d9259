import type { Problem } from '../errors.ts';

/** Progress of a load. `of` is the total in the same unit, null if it is not known beforehand. */
export type Progress = {
  readonly stage: string;
  readonly done: number;
  readonly of: number | null;
  readonly unit: 'bytes' | 'rows';
};

/** A row as its source has it. `split` is null if the source does not say; `line` is where the row starts, from 1. */
export type SourceRow = {
  readonly split: 'train' | 'test' | null;
  readonly text: string;
  readonly label: string;
  /** Where the row itself says it came from; absent if that was not wanted. */
  readonly origin?: string;
  readonly file: string;
  readonly line: number | null;
};

export type ReadContext = {
  /** The folder to which paths are relative. */
  readonly folder: string;
  /** Where downloads are kept. */
  readonly cacheFolder: string;
  /** The way to the network. */
  readonly fetch: typeof fetch;
  /** Reports a bad row, which is left out; the load then fails at its end. */
  readonly problem: (problem: Problem) => void;
  readonly progress: (progress: Progress) => void;
  readonly signal: AbortSignal;
};

/** The port: where labelled rows come from. `location` is for people, up to 1000 characters. */
export type Source = {
  readonly kind: string;
  readonly location: string;
  /**
   * Streams every row once, holding no more than a few at a time.
   *
   * @throws {DataError} when reading cannot go on; whatever the signal's reason is, when it aborts
   */
  read(context: ReadContext): AsyncIterable<SourceRow>;
};
