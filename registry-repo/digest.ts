import { createHash } from 'node:crypto';
import type { Digest } from './values.ts';

/** The SHA-256 of bytes, or of a text's UTF-8, as `sha256:` and 64 hex digits. */
export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
