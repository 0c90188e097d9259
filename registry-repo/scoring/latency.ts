import type { Latency } from '../judge/evidence.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Texts that are answered, spread over all of the evaluation set, so that short and long ones are among them. */
const MOST_TEXTS = 32;
const LEAST_REPETITIONS = 5;
const MOST_REPETITIONS = 31;
/** After this long, in milliseconds, no repetition beyond the least is begun. */
const ENOUGH_MS = 5000;

/**
 * How long each of two loaded models takes for a text, from its characters to its probabilities, one text at a time, as a server
 * answers a lone request. They take turns, and take turns at being first, so that whatever else the machine does falls on both;
 * the median of the repetitions leaves out what fell on one.
 *
 * @param texts all of the evaluation set @param now a clock in milliseconds
 * @throws {ModelRefusedError}
 */
export async function compareLatency(
  { candidate, baseline }: { readonly candidate: Runtime; readonly baseline: Runtime },
  texts: readonly string[],
  now: () => number = () => performance.now(),
): Promise<Latency> {
  const sample = spread(texts);
  const timed = async (runtime: Runtime): Promise<number> => {
    const started = now();
    for (const text of sample) await runtime.classify([text]);
    return (now() - started) / sample.length;
  };
  await timed(baseline); // the first time, memory is still being asked for
  await timed(candidate);
  const taken = { candidate: [] as number[], baseline: [] as number[] };
  const started = now();
  for (let i = 0; i < MOST_REPETITIONS && (i < LEAST_REPETITIONS || now() - started < ENOUGH_MS); i++) {
    if (i % 2 === 0) taken.baseline.push(await timed(baseline));
    taken.candidate.push(await timed(candidate));
    if (i % 2 === 1) taken.baseline.push(await timed(baseline));
  }
  const repetitions = taken.candidate.length;
  return {
    candidate: median(taken.candidate),
    baseline: median(taken.baseline),
    texts: sample.length,
    repetitions,
  };
}

const spread = (texts: readonly string[]): string[] => {
  const size = Math.min(MOST_TEXTS, texts.length);
  return Array.from({ length: size }, (_, i) => texts[Math.floor((i * texts.length) / size)] as string);
};

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return ((low as number) + (high as number)) / 2;
}
