import { PawlError } from '../../events/errors.ts';
import { answer, noCounts } from '../../registry-repo/evaluation.ts';
import type { Row } from '../../registry-repo/rows.ts';
import type { Runtime } from '../../registry-repo/runtime/runtime.ts';

/**
 * Rows have labels that the model does not know. The model can never be right about them, so counts of them mean
 * nothing.
 */
export class UnknownLabelError extends PawlError {
  readonly code = 'unknown_label';
}

/**
 * One row's answer. `truth` and `predicted` are indices into the runtime's labels; `probabilities` [K] are a view that is
 * good during the call only.
 */
export type Answered = {
  readonly row: number;
  readonly truth: number;
  readonly predicted: number;
  readonly probabilities: Float32Array;
};

/** Rows between two reports of progress. */
const CHUNK = 256;

/**
 * Counts a model's answers to labelled rows: the label of the largest probability, of equal ones the first.
 *
 * @param onProgress is called with how many rows are done, of how many
 * @param visit is called with every answer, in the order of the rows
 * @returns `confusion[truth][predicted]`, rows and columns in the order of the runtime's labels
 * @throws {UnknownLabelError} before the first row is classified
 * @throws {ModelRefusedError} if the model gives anything but finite probabilities
 */
export async function countPredictions(
  runtime: Runtime,
  rows: readonly Row[],
  onProgress?: (done: number, of: number) => void,
  visit?: (answered: Answered) => void,
): Promise<{ confusion: number[][] }> {
  const truths = truthsOf(runtime.labels, rows);
  const confusion = noCounts(runtime.labels.length);
  for (let from = 0; from < rows.length; from += CHUNK) {
    const texts = rows.slice(from, from + CHUNK).map((row) => row.text);
    await answer(runtime, texts, (i, predicted, probabilities) => {
      const truth = truths[from + i] as number;
      const counts = confusion[truth] as number[];
      counts[predicted] = (counts[predicted] ?? 0) + 1;
      visit?.({ row: from + i, truth, predicted, probabilities });
    });
    onProgress?.(from + texts.length, rows.length);
  }
  return { confusion };
}

function truthsOf(labels: readonly string[], rows: readonly Row[]): Int32Array {
  const index = new Map(labels.map((label, k) => [label, k]));
  const truths = Int32Array.from(rows, ({ label }) => index.get(label) ?? -1);
  const first = truths.indexOf(-1);
  if (first < 0) return truths;
  const unknown = [...new Set(rows.filter((_, i) => truths[i] === -1).map(({ label }) => label))];
  throw new UnknownLabelError(
    `row ${first + 1} has a label that the model does not know (${listed(unknown)}); it knows ${listed(labels)}: rename these labels or leave their rows out`,
  );
}

const listed = (labels: readonly string[]): string =>
  `${labels
    .slice(0, 10)
    .map((label) => JSON.stringify(label))
    .join(', ')}${labels.length > 10 ? ', …' : ''}`;
