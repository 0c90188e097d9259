import type { Tf } from '../backends/backend.ts';
import type { Dropout } from './model.ts';

/**
 * Dropout whose every decision is a function of seed, step, place and index alone. So a continued run drops what an
 * uninterrupted one would have dropped, on any backend.
 *
 * @param seed 32 bits
 * @param step of the run, from 0
 */
export function seededDropout(tf: Tf, seed: number, step: number): Dropout {
  const ofStep = mix(mix(seed) ^ step);
  return (place, rate, shape) => {
    const keep = keptAt(ofStep ^ Math.imul(place + 1, 0x9e3779b1), rate, sizeOf(shape));
    return { keep: tf.tensor(keep, [...shape], 'bool'), rate };
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * 1 with probability 1 - rate, to 16 bits. One hash of a counter gives two decisions, and four are written at a time.
 */
export function keptAt(key: number, rate: number, size: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  const limit = Math.round(rate * 0x10000);
  const first = mix(key);
  for (let i = 0; i < words.length; i++) {
    const [a, b] = [mix(first + 2 * i), mix(first + 2 * i + 1)];
    // The sign of `number - limit` is 0 for what is kept.
    const dropped =
      (((a & 0xffff) - limit) >>> 31) |
      ((((a >>> 16) - limit) >>> 31) << 8) |
      ((((b & 0xffff) - limit) >>> 31) << 16) |
      ((((b >>> 16) - limit) >>> 31) << 24);
    words[i] = dropped ^ 0x01010101;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** A bijection of 32 bits whose output looks random (`lowbias32`, C. Wellons, "Prospecting for Hash Functions"). */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}
