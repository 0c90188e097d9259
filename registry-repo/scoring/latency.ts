import type { Latency } from '../judge/evidence.ts';
import type { Runtime } from '../runtime/runtime.ts';

/**
 * How many texts are timed. They are spread over the whole evaluation set, so that short and long texts are among them.
 */
const MOST_TEXTS = 32;
const LEAST_REPETITIONS = 5;
const MOST_REPETITIONS = 31;
/** After this time, in milliseconds, only the minimum of repetitions is made. */
const ENOUGH_MS = 5000;

/**
 * How long each of two loaded models takes for a text, from its characters to its probabilities, one text at a time, as
 * a server answers a single request. The models take turns, also at being first, so that other load on the machine
 * affects both. The median of the repetitions removes load that affected only one.
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
  await timed(baseline); // the first time includes the allocation of memory
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
