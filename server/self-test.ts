import { GOLDEN_TOLERANCE } from '../registry-repo/judge/evidence.ts';
import type { Manifest } from '../registry-repo/manifest.ts';
import { SelfTestFailedError } from './inference/errors.ts';
import type { Classify } from './inference/pool.ts';

/**
 * How far a model's answers on this machine differ from those in its manifest: the largest difference of any
 * probability.
 */
export type SelfTest = { readonly rows: number; readonly maxDifference: number };

/** Lets a model repeat its manifest's golden answers. @throws {SelfTestFailedError} */
export async function selfTest({ golden }: Pick<Manifest, 'golden'>, classify: Classify): Promise<SelfTest> {
  const expected = golden.flatMap((row) => row.probabilities);
  const actual = await classify(golden.map((row) => row.text));
  if (actual.length !== expected.length)
    throw new SelfTestFailedError(
      `the model gave ${actual.length} probabilities where its manifest has ${expected.length}`,
    );
  let maxDifference = 0;
  for (const [i, probability] of expected.entries()) {
    const difference = Math.abs((actual[i] as number) - probability);
    if (!(difference <= GOLDEN_TOLERANCE))
      throw new SelfTestFailedError(
        `golden text ${Math.floor((i * golden.length) / expected.length) + 1} of ${golden.length}: the model gives ${actual[i]}, its manifest says ${probability} (at most ${GOLDEN_TOLERANCE} apart): it is not what was judged, or this machine computes differently`,
      );
    maxDifference = Math.max(maxDifference, difference);
  }
  return { rows: golden.length, maxDifference };
}
