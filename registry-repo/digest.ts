import { createHash } from 'node:crypto';
import type { Digest } from './values.ts';

export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
