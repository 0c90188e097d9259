import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Flips one bit of the byte in the middle of some text inside a file, and nothing else.
 * @returns the byte's offset, or null if the text is not in the file in one piece
 */
export function flipByteOf(file: string, text: string): number | null {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  if (at < 0) return null;
  const offset = at + Math.floor(text.length / 2);
  bytes[offset] = (bytes[offset] as number) ^ 1;
  writeFileSync(file, bytes);
  return offset;
}
