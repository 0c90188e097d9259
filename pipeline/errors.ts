import { PawlError } from '../events/errors.ts';

/** One thing that is wrong with a data set. `line` counts from 1; null if no single line is wrong. */
export type Problem = { readonly file: string; readonly line: number | null; readonly message: string };

/** A path as messages and events show it: readable, and without characters that move a terminal's cursor. */
export const plainPath = (path: string): string => path.replace(/\p{Cc}|[\u2028-\u202e\u2066-\u2069]/gu, '?');

/**
 * A data set that cannot be used; nothing was written. `problems` are the first few of `total`; each says how to repair
 * it.
 */
export class DataError extends PawlError {
  readonly code = 'data_invalid';
  readonly problems: readonly Problem[];
  readonly total: number;
  constructor(problems: readonly Problem[], total = problems.length, options?: ErrorOptions) {
    const plain = problems.map(({ file, line, message }) => ({ file: plainPath(file), line, message }));
    const lines = plain.map(({ file, line, message }) => `${file}${line === null ? '' : `:${line}`}: ${message}`);
    const first = total > lines.length ? `, the first ${lines.length}` : '';
    super(total === 1 ? lines.join() : `${total} problems${first}:\n${lines.map((l) => `  ${l}`).join('\n')}`, options);
    this.problems = plain;
    this.total = total;
  }
}

/** A data set that could not be fetched. What had arrived is kept, so that a retry continues. */
export class DownloadError extends PawlError {
  readonly code = 'download_failed';
}
