import { ModelRefusedError } from './errors.ts';
import type { Runtime } from './runtime/runtime.ts';

/** How many texts are encoded at once: enough that texts of the same width share a batch. */
const BATCH = 512;

/**
 * A model's answers: for each row the label with the largest probability, the first of equal ones.
 *
 * @param visit is called with each row's answer and its probabilities, in order
 * @throws {ModelRefusedError} for anything but finite probabilities, one for each label
 */
export async function answer(
  runtime: Runtime,
  texts: readonly string[],
  visit: (row: number, label: number, probabilities: Float32Array) => void,
): Promise<void> {
  const k = runtime.labels.length;
  for (let from = 0; from < texts.length; from += BATCH) {
    const batch = texts.slice(from, from + BATCH);
    const probabilities = await runtime.classify(batch);
    if (probabilities.length !== batch.length * k)
      throw new ModelRefusedError(
        `the model gave ${probabilities.length} probabilities for ${batch.length} texts and ${k} labels`,
      );
    for (let i = 0; i < batch.length; i++) {
      const row = probabilities.subarray(i * k, (i + 1) * k);
      visit(from + i, largest(row), row);
    }
  }
}

/**
 * The label that a row of probabilities stands for: the largest, or the first of equal ones.
 * @throws {ModelRefusedError}
 */
export function largest(probabilities: Float32Array): number {
  let best = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i] as number;
    if (!Number.isFinite(p)) throw new ModelRefusedError(`the model gave ${p} as a probability`);
    if (p > (probabilities[best] as number)) best = i;
  }
  return best;
}

/** A confusion matrix of zeros. */
export const noCounts = (labels: number): number[][] =>
  Array.from({ length: labels }, () => new Array<number>(labels).fill(0));
