import type { Answered } from './counts.ts';

/** Rows whose probability is in one of equally wide bins. */
export type Bin = {
  readonly rows: number;
  /** Sum of their probabilities. */
  readonly probability: number;
  /** How many of them are as predicted. */
  readonly hits: number;
};

/** How well scores find the rows of a label, from the strictest threshold to the loosest; shares in [0, 1]. */
export type Curve = {
  readonly label: string;
  readonly points: readonly { readonly recall: number; readonly precision: number }[];
  readonly averagePrecision: number;
  /** Share of the rows that have the label: the precision of guessing. */
  readonly prevalence: number;
  /** Precision and recall of the model's own answers. */
  readonly operating: { readonly recall: number; readonly precision: number };
};

/** As many equal bins of a probability as `ece_15` has. */
const CALIBRATION_BINS = 15;

/** The number of thresholds, evenly spaced by log odds: most are where a confident model's probabilities are. */
const THRESHOLDS = 4096;
/** The largest log odds: a float32 probability cannot express larger ones. */
const SUREST = 17;

/**
 * Counts of a model's answers, from which curves are drawn. They are gathered row by row and no row is kept, so the
 * memory is the same for ten rows and ten million.
 */
export class AnswerCounts {
  readonly #labels: readonly string[];
  /** The one label that figures of two labels are about. */
  readonly #positive: number | null;
  readonly #bins: { rows: number; probability: number; hits: number }[];
  /** By label: for each threshold the rows that have the label, and those that do not. */
  readonly #hits: Uint32Array[];
  readonly #misses: Uint32Array[];
  readonly #predicted: number[];
  readonly #right: number[];
  #rows = 0;

  /** @param positive of two labels the one that counts; null if there are more */
  constructor(labels: readonly string[], positive: string | null) {
    this.#labels = labels;
    this.#positive = positive === null ? null : labels.indexOf(positive);
    this.#bins = Array.from({ length: CALIBRATION_BINS }, () => ({ rows: 0, probability: 0, hits: 0 }));
    this.#hits = labels.map(() => new Uint32Array(THRESHOLDS));
    this.#misses = labels.map(() => new Uint32Array(THRESHOLDS));
    this.#predicted = labels.map(() => 0);
    this.#right = labels.map(() => 0);
  }

  get rows(): number {
    return this.#rows;
  }

  add({ truth, predicted, probabilities }: Pick<Answered, 'truth' | 'predicted' | 'probabilities'>): void {
    this.#rows++;
    this.#predicted[predicted] = (this.#predicted[predicted] ?? 0) + 1;
    if (truth === predicted) this.#right[truth] = (this.#right[truth] ?? 0) + 1;
    probabilities.forEach((p, k) => {
      const counts = (truth === k ? this.#hits : this.#misses)[k] as Uint32Array;
      const at = threshold(p);
      counts[at] = (counts[at] as number) + 1;
    });
    const about = this.#positive ?? predicted;
    const p = probabilities[about] as number;
    const bin = this.#bins[Math.min(CALIBRATION_BINS - 1, Math.floor(p * CALIBRATION_BINS))];
    if (!bin) return;
    bin.rows++;
    bin.probability += p;
    bin.hits += truth === about ? 1 : 0;
  }

  /** Bins of the positive label's probability; with more labels, bins of the answer's own probability. */
  calibration(): { bins: readonly Bin[]; label: string | null } {
    return { bins: this.#bins, label: this.#positive === null ? null : (this.#labels[this.#positive] ?? null) };
  }

  /** A curve for each label that has rows; for two labels only the positive one's. */
  curves(): Curve[] {
    const all = this.#positive === null ? this.#labels.map((_, k) => k) : [this.#positive];
    return all.map((k) => this.#curve(k)).filter((curve) => curve.prevalence > 0);
  }

  #curve(k: number): Curve {
    const [hits, misses] = [this.#hits[k] as Uint32Array, this.#misses[k] as Uint32Array];
    const positives = hits.reduce((a, b) => a + b, 0);
    const points: { recall: number; precision: number }[] = [];
    let [found, wrong, averagePrecision] = [0, 0, 0];
    for (let at = THRESHOLDS - 1; at >= 0; at--) {
      const [more, worse] = [hits[at] as number, misses[at] as number];
      if (more === 0 && worse === 0) continue;
      found += more;
      wrong += worse;
      const precision = found / (found + wrong);
      averagePrecision += share(more, positives) * precision;
      points.push({ recall: share(found, positives), precision });
    }
    const right = this.#right[k] ?? 0;
    const operating = { recall: share(right, positives), precision: share(right, this.#predicted[k] ?? 0) };
    const prevalence = share(positives, this.#rows);
    return { label: this.#labels[k] ?? '', points, averagePrecision, prevalence, operating };
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function threshold(p: number): number {
  const odds = Math.log(p / (1 - p));
  return Math.min(THRESHOLDS - 1, Math.max(0, Math.floor(((odds + SUREST) / (2 * SUREST)) * THRESHOLDS)));
}

/** Recalls at which a mean curve is read. */
const RECALLS = Array.from({ length: 101 }, (_, i) => i / 100);

/** One curve for many labels: at each recall the mean of the precision that each label can have there. */
export function meanCurve(curves: readonly Curve[]): Curve {
  const mean = (of: (curve: Curve) => number) =>
    share(
      curves.reduce((sum, c) => sum + of(c), 0),
      curves.length,
    );
  const best = curves.map(({ points }) => {
    let [highest, at] = [0, points.length - 1];
    const precisions = RECALLS.map(() => 0);
    for (let i = RECALLS.length - 1; i >= 0; i--) {
      for (; at >= 0 && (points[at]?.recall ?? 0) >= (RECALLS[i] as number) - 1e-12; at--)
        highest = Math.max(highest, points[at]?.precision ?? 0);
      precisions[i] = highest;
    }
    return precisions;
  });
  return {
    label: 'mean of all labels',
    points: RECALLS.map((recall, i) => ({
      recall,
      precision: share(
        best.reduce((s, b) => s + (b[i] ?? 0), 0),
        best.length,
      ),
    })),
    averagePrecision: mean((c) => c.averagePrecision),
    prevalence: mean((c) => c.prevalence),
    operating: { recall: mean((c) => c.operating.recall), precision: mean((c) => c.operating.precision) },
  };
}
