import { UsageError } from '../operations/not-found.ts';

/** Reads a whole number from the command line. @throws {UsageError} naming the flag */
export function wholeNumber(value: string | undefined, flag: string, fallback: number): number {
  if (value === undefined) return fallback;
  if (!/^\d{1,15}$/.test(value)) throw new UsageError(`${flag} takes a whole number, not "${value}"`);
  return Number(value);
}
