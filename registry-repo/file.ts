import type * as z from 'zod';
import { MalformedFileError } from './errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The largest file of a registry; larger ones are refused unread. */
export const MAX_JSON_BYTES = 1_000_000;

/** How a value is printed as the canonical text of its file, and how long that may be. */
type Form = { readonly print?: (value: unknown) => string; readonly maxBytes?: number };

/** The canonical text of a registry's JSON file: two spaces, members in the order given, a line feed at the end. */
export const printFile = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Reads a hostile JSON file: size, UTF-8, syntax, canonical form and schema, in that order.
 *
 * The form must be exactly `print`'s, because JSON leaves too much open: of two equal keys the last one wins, `1e999`
 * is Infinity, and a reviewer sees neither. A file that does not print back to the same bytes is refused.
 *
 * @throws {MalformedFileError} naming every problem
 */
export function parseFile<S extends z.ZodType>(
  schema: S,
  path: string,
  bytes: Uint8Array,
  { print = printFile, maxBytes = MAX_JSON_BYTES }: Form = {},
): z.output<S> {
  if (bytes.length > maxBytes) throw new MalformedFileError(path, [`${bytes.length} bytes: ${maxBytes} at most`]);
  const value = parseCanonical(path, bytes, print);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`);
  throw new MalformedFileError(path, problems, { cause: result.error });
}

function parseCanonical(path: string, bytes: Uint8Array, print: (value: unknown) => string): unknown {
  let text: string;
  let value: unknown;
  let printed: string;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
    printed = print(value);
  } catch (cause) {
    throw new MalformedFileError(path, [`not a JSON text: ${(cause as Error).message}`], { cause });
  }
  // Some readers would see a member of this name, and others would not.
  if (text.includes('"__proto__":')) throw new MalformedFileError(path, ['a member is named __proto__']);
  if (printed === text) return value;
  throw new MalformedFileError(path, [
    `not in canonical form (as JSON.stringify writes it, no repeated keys): first difference at line ${firstDifference(text, printed)}`,
  ]);
}

function firstDifference(text: string, printed: string): number {
  const [a, b] = [text.split('\n'), printed.split('\n')];
  return a.findIndex((line, i) => line !== b[i]) + 1 || a.length;
}
