import { isUtf8 } from 'node:buffer';
import { DataError } from '../errors.ts';
import { readBytes } from './file.ts';
import { LONGEST_BEGINNING, otherFormat } from './other-format.ts';
import type { ReadContext } from './source.ts';

const LF = 0x0a;
const CR = 0x0d;

/**
 * Longest line, CSV record or single text. If one is longer, something else is wrong, and there may not be enough
 * memory for it.
 */
export const LONGEST = 16 * 1024 * 1024;

/**
 * A text file in pieces that end between two characters, without a byte order mark and with every line end a line feed.
 * Bytes that are not UTF-8 are reported with their line and passed on.
 *
 * @throws {DataError} if it cannot be read or is UTF-16
 */
export async function* readText(file: string, context: ReadContext): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let first = true;
  for await (const chunk of readBytes(file, context)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (first && rest.length < LONGEST_BEGINNING) continue;
    if (first) rest = withoutMark(rest, file);
    first = false;
    const end = lastBoundary(rest);
    const piece = unixLineEnds(rest.subarray(0, end));
    rest = rest.subarray(end);
    line += reportInvalid(piece, line, file, context);
    yield piece;
  }
  if (first) rest = withoutMark(rest, file);
  if (rest.length === 0) return;
  const piece = unixLineEnds(rest);
  reportInvalid(piece, line, file, context);
  yield piece;
}

const UTF16 = 'the file is UTF-16: save it as UTF-8 (iconv -f UTF-16 -t UTF-8 FILE)';
const NOT_UTF8 = 'not UTF-8: save the file as UTF-8 (from Windows, often iconv -f WINDOWS-1252 -t UTF-8 FILE)';

function withoutMark(bytes: Buffer, file: string): Buffer {
  const other = otherFormat(bytes);
  if (other) throw new DataError([{ file, line: null, message: other }]);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new DataError([{ file, line: 1, message: UTF16 }]);
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** End of the last character that is certainly complete; a carriage return waits for the next character. */
function lastBoundary(bytes: Buffer): number {
  const length = bytes.length;
  if (bytes[length - 1] === CR) return length - 1;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return length - back;
  }
  return length;
}

function unixLineEnds(bytes: Buffer): Buffer {
  if (!bytes.includes(CR)) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== CR) out[to++] = bytes[at] as number;
    else if (bytes[at + 1] !== LF) out[to++] = LF;
  }
  return out.subarray(0, to);
}

/** The text of a whole small file. If its bytes are not UTF-8, null, and the first bad line is reported; the same for
 * a file of another format. */
export function decodeText(bytes: Buffer, file: string, context: ReadContext): string | null {
  const other = otherFormat(bytes);
  if (other) {
    context.problem({ file, line: null, message: other });
    return null;
  }
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const lines = bytes.toString('latin1').split('\n');
  const line = 1 + lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1')));
  context.problem({ file, line, message: NOT_UTF8 });
  return null;
}

/** @returns how many line feeds the piece has */
function reportInvalid(piece: Buffer, firstLine: number, file: string, context: ReadContext): number {
  const valid = isUtf8(piece);
  let lines = 0;
  for (let start = 0; start <= piece.length; lines++) {
    const feed = piece.indexOf(LF, start);
    const end = feed < 0 ? piece.length : feed;
    if (!valid && !isUtf8(piece.subarray(start, end)))
      context.problem({ file, line: firstLine + lines, message: NOT_UTF8 });
    if (feed < 0) break;
    start = feed + 1;
  }
  return lines;
}
