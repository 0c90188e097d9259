import { reliability } from './reliability.ts';

/** The smallest probability in a log loss: a certain model that is wrong loses −ln of this, and not infinity. */
const LEAST = 1e-15;
/**
 * The same for the first of two labels. scikit-learn takes its probability to be 1 − the second's, once that is
 * clipped.
 */
const LEAST_OF_OTHER = 1 - (1 - LEAST);

/** A model's answers to labelled rows. */
export type Answers = {
  /** [B] indices into the labels. */
  readonly truth: ArrayLike<number>;
  /** [B, K], row-major. */
  readonly probabilities: ArrayLike<number>;
  /** K, the number of labels. */
  readonly labels: number;
};

/**
 * Figures of probabilities, beyond the label they choose. A figure that the rows cannot give is left out: ranking
 * figures need rows of every label.
 *
 * `log_loss` (nats), clipped at 1e-15. With two labels, about the second: `brier`, `roc_auc`, `average_precision` and
 * `ece_15` and `mce_15`, the expected and the maximum calibration error: |mean probability − share of rows| over 15
 * equal-width bins, their mean weighted by rows and the largest. With more labels, `roc_auc_ovr_macro` and
 * `average_precision_macro`: means over labels of each one against the rest; the calibration errors are those of the
 * answers' own probabilities.
 *
 * @see Guo et al. (2017), arXiv:1706.04599, for calibration; the rest as in scikit-learn
 */
export function probabilityMetrics(answers: Answers): Record<string, number> {
  const { truth, labels } = answers;
  if (truth.length === 0) return {};
  const log_loss = logLoss(answers);
  if (labels !== 2) {
    const areas = Array.from({ length: labels }, (_, k) => rank(column(answers, k), truth, k));
    const whole = areas.every((area) => area !== null);
    const chosen = answersOwn(answers);
    const { expectedError, maximumError } = reliability(chosen.right, chosen.scores);
    return {
      log_loss,
      ...(whole && {
        roc_auc_ovr_macro: meanOf(areas.map((a) => a.rocAuc)),
        average_precision_macro: meanOf(areas.map((a) => a.averagePrecision)),
      }),
      ece_15: expectedError,
      mce_15: maximumError,
    };
  }
  const scores = column(answers, 1);
  const ranked = rank(scores, truth, 1);
  const { expectedError, maximumError } = reliability(truth, scores);
  return {
    log_loss,
    brier: meanOf(scores.map((p, i) => (p - (truth[i] as number)) ** 2)),
    ...(ranked && { roc_auc: ranked.rocAuc, average_precision: ranked.averagePrecision }),
    ece_15: expectedError,
    mce_15: maximumError,
  };
}

/** For each row the probability of its answer, the first of equal ones, and whether that is right. */
export function answersOwn({ truth, probabilities, labels }: Answers): { scores: Float64Array; right: Uint8Array } {
  const [scores, right] = [new Float64Array(truth.length), new Uint8Array(truth.length)];
  for (let i = 0; i < truth.length; i++) {
    let best = 0;
    const p = (k: number) => probabilities[i * labels + k] as number;
    for (let k = 1; k < labels; k++) if (p(k) > p(best)) best = k;
    scores[i] = p(best);
    right[i] = best === truth[i] ? 1 : 0;
  }
  return { scores, right };
}

const column = ({ truth, probabilities, labels }: Answers, k: number): Float64Array =>
  Float64Array.from({ length: truth.length }, (_, i) => probabilities[i * labels + k] as number);

function logLoss({ truth, probabilities, labels }: Answers): number {
  let loss = 0;
  for (let i = 0; i < truth.length; i++) {
    const p = probabilities[i * labels + (truth[i] as number)] as number;
    const least = labels === 2 && truth[i] === 0 ? LEAST_OF_OTHER : LEAST;
    loss -= Math.log(Math.min(1 - LEAST, Math.max(least, p)));
  }
  return loss / truth.length;
}

/**
 * How well scores rank one label before the others; rows of equal score count together, so their order does not matter.
 *
 * @returns null unless there are rows of the label and others
 */
function rank(
  scores: Float64Array,
  truth: ArrayLike<number>,
  label: number,
): { rocAuc: number; averagePrecision: number } | null {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  let positives = 0;
  for (let i = 0; i < truth.length; i++) if (truth[i] === label) positives++;
  const negatives = truth.length - positives;
  if (positives === 0 || negatives === 0) return null;
  let [hits, misses, area, precision] = [0, 0, 0, 0];
  for (let at = 0; at < order.length; ) {
    const score = scores[order[at] as number];
    let [newHits, newMisses] = [0, 0];
    for (; at < order.length && scores[order[at] as number] === score; at++)
      if (truth[order[at] as number] === label) newHits++;
      else newMisses++;
    area += newMisses * (hits + newHits / 2);
    hits += newHits;
    misses += newMisses;
    precision += (newHits * hits) / (hits + misses);
  }
  return { rocAuc: area / positives / negatives, averagePrecision: precision / positives };
}

const meanOf = (numbers: ArrayLike<number>): number => Array.from(numbers).reduce((a, b) => a + b, 0) / numbers.length;
