import type { Tf } from '../backends/backend.ts';
import type { Dropout } from './model.ts';

/**
 * Dropout whose every decision is a function of seed, step, place and index alone, so that a run that is taken up again drops what an
 * unbroken one would have dropped, on any backend.
 *
 * @param seed 32 bits
 * @param step of the run, from 0
 */
export function seededDropout(tf: Tf, seed: number, step: number): Dropout {
  const ofStep = mix(mix(seed) ^ step);
  return (place, rate, shape) => {
    const keep = keptAt(mix(ofStep ^ Math.imul(place + 1, 0x9e3779b1)), rate, sizeOf(shape));
    return { keep: tf.tensor(keep, [...shape], 'bool'), rate };
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** 1 with probability 1 - rate, to 16 bits; two decisions come of one hash of the counter. */
export function keptAt(key: number, rate: number, size: number): Uint8Array {
  const keep = new Uint8Array(size);
  const limit = Math.round(rate * 0x10000);
  for (let i = 0; i < size; i += 2) {
    const bits = mix(key + i);
    keep[i] = (bits & 0xffff) < limit ? 0 : 1;
    if (i + 1 < size) keep[i + 1] = bits >>> 16 < limit ? 0 : 1;
  }
  return keep;
}

/** A bijection of 32 bits whose output looks random (`lowbias32`, C. Wellons, "Prospecting for Hash Functions"). */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}
