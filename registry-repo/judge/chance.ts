import { averagingOf, measureName } from '../averaging.ts';
import { type Averaging, f1 } from '../f1.ts';
import { toNumber } from '../fraction.ts';
import type { ModelPolicy } from '../policy.ts';
import { Random } from '../random.ts';
import type { Confusion } from '../values.ts';
import { withLeaked } from './check-leaked.ts';
import type { Evidence, Measured } from './evidence.ts';
import { type Finding, failed, passed } from './finding.ts';
import { poisson } from './poisson.ts';
import { averaged, bestTrivial, labelShare, type Trivial, trivials } from './trivial.ts';

/**
 * Samples of a bootstrap. There are fewer if there are very many different answers, so that the work of a judgement is
 * bounded.
 */
const SAMPLES = { most: 2000, fewest: 100, cells: 4_000_000 };

/** The share of the samples in which the candidate must be ahead. */
const CONFIDENCE = 0.95;

/**
 * Checks that the candidate reads its texts: it must beat every trivial answer on the policy's own measure by more than
 * noise, on the rows that count, and on all rows where leaked ones were left out.
 */
export function chance(rules: ModelPolicy, { evaluation: { labels } }: Evidence, measured: Measured): Finding[] {
  const averaging = averagingOf(rules);
  const of = (confusion: Confusion) => aheadOfTrivial(labels, confusion, averaging);
  const looks = [of(measured.candidate), ...(measured.leaked ? [of(withLeaked(measured).candidate)] : [])];
  const worst = looks.reduce((a, b) => (b.ahead < a.ahead ? b : a));
  const { candidate, trivial, ahead, samples } = worst;
  const share = `${(100 * ahead).toFixed(1)} % of ${samples} bootstrap samples`;
  const message = `${measureName(averaging)} ${candidate.toFixed(4)}, the best trivial answer (${trivial.name}) has ${trivial.f1.toFixed(4)}: ahead in ${share}`;
  return ahead >= CONFIDENCE
    ? [passed('better-than-chance', message)]
    : [failed('no-better-than-chance', `${message}, ${100 * CONFIDENCE} % at least are needed`)];
}

type Look = {
  readonly candidate: number;
  /** The best of the trivial answers. */
  readonly trivial: Trivial;
  /** Share of the samples in which the candidate is ahead of the best trivial answer. */
  readonly ahead: number;
  readonly samples: number;
};

/**
 * A paired bootstrap, one-sided: rows are drawn again, and a candidate and trivial answers are measured on the same
 * draw. Rows of the same label and answer are alike here, so counts are drawn instead of rows: each from a Poisson
 * distribution around what was counted, which is a bootstrap whose number of rows varies as well. Work grows with the
 * counts that are not 0. The draws are seeded by the counts and use only operations that are the same on every machine,
 * so a second judgement finds the same.
 *
 * @see Hanley & MacGibbon (2006), Comput. Methods Programs Biomed. 83:57, for Poisson draws; Koehn (2004), EMNLP, for
 *   pairs
 */
export function aheadOfTrivial(labels: readonly string[], confusion: Confusion, averaging: Averaging): Look {
  const draws = new Map<number, ReturnType<typeof poisson>>();
  const drawn = (count: number) => {
    const draw = draws.get(count) ?? poisson(count);
    draws.set(count, draw);
    return draw;
  };
  const cells = confusion.flatMap((row, truth) =>
    row.flatMap((count, predicted) => (count > 0 ? [{ truth, predicted, draw: drawn(count) }] : [])),
  );
  const samples = Math.min(SAMPLES.most, Math.max(SAMPLES.fewest, Math.floor(SAMPLES.cells / (cells.length + 1))));
  const random = Random.named(`chance ${JSON.stringify([averaging, confusion])}`);
  const others = trivials(labels, confusion, averaging);
  const wins = others.map(() => 0);
  const [truth, predicted, hits] = [0, 1, 2].map(() => new Float64Array(labels.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const score = (k: number) => labelShare(hits[k] ?? 0, truth[k] ?? 0, predicted[k] ?? 0);
  for (let sample = 0; sample < samples; sample++) {
    for (const counts of [truth, predicted, hits]) counts.fill(0);
    for (const cell of cells) {
      const count = cell.draw(random.bits() / 2 ** 32);
      truth[cell.truth] = (truth[cell.truth] as number) + count;
      predicted[cell.predicted] = (predicted[cell.predicted] as number) + count;
      if (cell.truth === cell.predicted) hits[cell.truth] = (hits[cell.truth] as number) + count;
    }
    const candidate = averaged(score, truth, labels, averaging);
    others.forEach((other, i) => {
      if (candidate > other.on(truth)) wins[i] = (wins[i] as number) + 1;
    });
  }
  return {
    candidate: toNumber(f1(labels, confusion, averaging)),
    trivial: bestTrivial(labels, confusion, averaging),
    ahead: Math.min(...wins) / samples,
    samples,
  };
}
