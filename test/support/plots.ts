import { AnswerCounts } from '../../pipeline/evaluation/answer-counts.ts';
import type { Series } from '../../pipeline/plots/history.ts';
import { plotFiles } from '../../pipeline/training/plots.ts';

/** Rows of a label and the probabilities of all, as a model would answer. */
export type Row = { truth: number; weights: number[] };

/** What a run counts of such answers, and the answers. */
export function counted(labels: readonly string[], rows: readonly Row[]) {
  const counts = new AnswerCounts(labels, labels.length === 2 ? (labels[1] as string) : null);
  const all = rows.map(({ truth, weights }) => {
    const sum = weights.reduce((a, b) => a + b, 0);
    const probabilities = Float32Array.from(weights, (w) => w / sum);
    counts.add({ truth, predicted: probabilities.indexOf(Math.max(...probabilities)), probabilities });
    return { truth, probabilities };
  });
  const flat = all.flatMap(({ probabilities }) => [...probabilities]);
  return { counts, answers: { truth: all.map((r) => r.truth), probabilities: flat, labels: labels.length } };
}

/** The plots of a run, as files. */
export const texts = (history: readonly Series[], counts: AnswerCounts) =>
  plotFiles(history, counts).map(({ path, bytes }) => ({ path, text: Buffer.from(bytes).toString('utf8'), bytes }));
