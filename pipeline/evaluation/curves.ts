/** Rows by falling score: at each score that occurs, how many rows score at least as high. */
type Steps = { readonly threshold: number; readonly hits: number; readonly misses: number }[];

export type RocCurve = { readonly fpr: number[]; readonly tpr: number[]; readonly thresholds: number[] };
export type PrecisionRecallCurve = {
  readonly precision: number[];
  readonly recall: number[];
  readonly thresholds: number[];
};

/**
 * Shares of wrong and right rows that score at least a threshold, by falling threshold from ∞; points inside a straight line
 * are left out, as in scikit-learn.
 *
 * @param truth 1 where a row has the label, else 0
 * @returns null unless there are rows of both kinds
 * @see Fawcett (2006), Pattern Recognit. Lett. 27:861
 */
export function rocCurve(truth: ArrayLike<number>, scores: ArrayLike<number>): RocCurve | null {
  const steps = stepsOf(truth, scores);
  const { hits = 0, misses = 0 } = steps.at(-1) ?? {};
  if (hits === 0 || misses === 0) return null;
  const bends = steps.filter((step, i) => {
    const [before, after] = [steps[i - 1], steps[i + 1]];
    if (!before || !after) return true;
    const bend = (of: 'hits' | 'misses') => after[of] - 2 * step[of] + before[of] !== 0;
    return bend('hits') || bend('misses');
  });
  const points = [{ threshold: Number.POSITIVE_INFINITY, hits: 0, misses: 0 }, ...bends];
  return {
    fpr: points.map((p) => p.misses / misses),
    tpr: points.map((p) => p.hits / hits),
    thresholds: points.map((p) => p.threshold),
  };
}

/**
 * Precision and recall at every score as threshold, ascending; the last point, precision 1 at recall 0, has no threshold.
 *
 * @returns null without rows of the label
 * @see Davis & Goadrich (2006), ICML
 */
export function precisionRecallCurve(truth: ArrayLike<number>, scores: ArrayLike<number>): PrecisionRecallCurve | null {
  const steps = stepsOf(truth, scores);
  const all = steps.at(-1)?.hits ?? 0;
  if (all === 0) return null;
  const points = [...steps].reverse();
  return {
    precision: [...points.map((p) => p.hits / (p.hits + p.misses)), 1],
    recall: [...points.map((p) => p.hits / all), 0],
    thresholds: points.map((p) => p.threshold),
  };
}

function stepsOf(truth: ArrayLike<number>, scores: ArrayLike<number>): Steps {
  const order = Array.from(scores, (_, i) => i).sort((i, j) => (scores[j] as number) - (scores[i] as number));
  const steps: Steps = [];
  let [hits, misses] = [0, 0];
  order.forEach((row, at) => {
    if (truth[row] === 1) hits++;
    else misses++;
    const next = order[at + 1];
    if (next === undefined || scores[next] !== scores[row])
      steps.push({ threshold: scores[row] as number, hits, misses });
  });
  return steps;
}
