import { DataError, type Problem } from '../errors.ts';

/** The most problems that are listed: more would hide the cause; the count shows the extent. */
const SHOWN = 5;

/** Collects what is wrong with a data set, so that one error reports all of it. */
export class Problems {
  readonly #first: Problem[] = [];
  #total = 0;

  readonly add = (problem: Problem): void => {
    if (this.#first.length < SHOWN) this.#first.push(problem);
    this.#total++;
  };

  /** Adds what ended the reading. @throws the error itself unless it is about the data */
  include(error: unknown): void {
    if (!(error instanceof DataError)) throw error;
    error.problems.forEach(this.add);
  }

  /** @throws {DataError} if there was any */
  throwIfAny(): void {
    if (this.#total > 0) throw new DataError([...this.#first], this.#total);
  }
}

/** An untrusted value for a message: quoted, without control characters, at most 60 characters. */
export const shown = (value: string): string =>
  JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value).replace(/[\u007f-\u009f\u2028-\u202e]/g, '?');
