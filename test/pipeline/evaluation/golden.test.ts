import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clopperPearson } from '../../../pipeline/evaluation/clopper-pearson.ts';
import { pearson, spearman } from '../../../pipeline/evaluation/correlation.ts';
import { precisionRecallCurve, rocCurve } from '../../../pipeline/evaluation/curves.ts';
import { histogramDistance } from '../../../pipeline/evaluation/histogram-distance.ts';
import { wilson } from '../../../pipeline/evaluation/intervals.ts';
import { kolmogorovSmirnov } from '../../../pipeline/evaluation/kolmogorov-smirnov.ts';
import { mcnemarTwoSided } from '../../../pipeline/evaluation/mcnemar-test.ts';
import { metricsOf } from '../../../pipeline/evaluation/metrics.ts';
import { probabilityMetrics } from '../../../pipeline/evaluation/probabilities.ts';
import { wasserstein } from '../../../pipeline/evaluation/wasserstein.ts';
import { fixture } from '../../support/paths.ts';

// Figures that scikit-learn and SciPy gave for the same counts and probabilities (see `made_with` in the file).

type Case = {
  name: string;
  kind: string;
  y: number[];
  p?: number[];
  P?: number[][];
  z?: number[];
  labels?: number[];
  confusion?: number[][];
  expected: Record<string, number | number[]>;
  roc_curve?: { fpr: number[]; tpr: number[]; thresholds: (number | 'inf')[] };
  pr_curve?: { precision: number[]; recall: number[]; thresholds: number[] };
};
type Statistic = { test: string; a: number[]; b: number[]; k: number; n: number } & Record<string, unknown>;
const { cases, statistics } = JSON.parse(readFileSync(fixture('evaluation/metrics.json'), 'utf8')) as {
  cases: Case[];
  statistics: Statistic[];
};

const close = (actual: number | undefined, expected: number, what: string) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= 1e-12, `${what}: ${actual}, not ${expected}`);

function countsOf({ confusion, y, z = [], labels = [] }: Case): number[][] {
  if (confusion) return confusion;
  const counts = labels.map(() => labels.map(() => 0));
  y.forEach((truth, i) => {
    (counts[truth] as number[])[z[i] as number]!++;
  });
  return counts;
}

/** Figures of the file that Pawl names otherwise. */
const OTHER_NAMES: Record<string, string> = {
  ece_15_positive_class: 'ece_15',
  mce_15_positive_class: 'mce_15',
};

const golden = suite('metrics against scikit-learn');

golden('the file is what it is believed to be', () => assert.equal([cases.length, statistics.length], [28, 22]));

for (const example of cases)
  golden(example.name, () => {
    const { y, p, P, expected } = example;
    const counts = countsOf(example);
    const rows = P ?? p?.map((positive) => [1 - positive, positive]);
    const given: Record<string, number> = {
      ...metricsOf(
        counts.map((_, k) => String(k)),
        counts,
        counts.length === 2 ? '1' : null, // scikit-learn's pos_label
      ),
      ...(rows && probabilityMetrics({ truth: y, probabilities: rows.flat(), labels: counts.length })),
    };
    // The file's means are over all labels; those without rows put 0 in, and Pawl leaves them out.
    const overPresent = counts.length / counts.filter((row) => row.some((n) => n > 0)).length;
    for (const [name, value] of Object.entries(expected)) {
      if (name === 'f1_per_label')
        (value as number[]).forEach((f1, k) => {
          close(given[`f1[${k}]`], f1, `f1[${k}]`);
        });
      else
        close(given[OTHER_NAMES[name] ?? name], (value as number) * (name.endsWith('_macro') ? overPresent : 1), name);
    }
    if (p && !('roc_auc' in expected)) assert.is(given.roc_auc, undefined, 'one label alone cannot be ranked');
  });

const allClose = (actual: readonly number[] | undefined, expected: readonly number[], what: string) => {
  assert.is(actual?.length, expected.length, what);
  expected.forEach((value, i) => {
    if (Number.isFinite(value)) close(actual?.[i], value, `${what}[${i}]`);
    else assert.is(actual?.[i], value);
  });
};

for (const { name, y, p = [], roc_curve: roc, pr_curve: pr } of cases)
  if (roc && pr)
    golden(`curves of ${name}`, () => {
      const mine = rocCurve(y, p);
      allClose(mine?.fpr, roc.fpr, 'fpr');
      allClose(mine?.tpr, roc.tpr, 'tpr');
      allClose(
        mine?.thresholds,
        roc.thresholds.map((t) => (t === 'inf' ? Number.POSITIVE_INFINITY : t)),
        'thresholds',
      );
      const other = precisionRecallCurve(y, p);
      allClose(other?.precision, pr.precision, 'precision');
      allClose(other?.recall, pr.recall, 'recall');
      allClose(other?.thresholds, pr.thresholds, 'thresholds');
    });

/** Our figures for one entry of the file, under its names. */
function figures({ test, a, b, k, n }: Statistic): Record<string, unknown> {
  if (test === 'mcnemar') {
    const { exact, chiSquare } = mcnemarTwoSided(a as unknown as number, b as unknown as number);
    return { exact_two_sided_p: exact, chi2_continuity: chiSquare?.value ?? null, chi2_p: chiSquare?.p ?? null };
  }
  if (test === 'proportion_ci_95') {
    const ends = (interval: { low: number; high: number } | null) => interval && [interval.low, interval.high];
    return { wilson: ends(wilson(k, n)), clopper_pearson: ends(clopperPearson(k, n)) };
  }
  if (test === 'histogram_distance') {
    const d = histogramDistance(a, b);
    return {
      'psi_floor_1e-6': d.psi,
      js_distance_base2: Math.sqrt(d.jensenShannon),
      js_divergence_base2: d.jensenShannon,
      hellinger: d.hellinger,
      total_variation: d.totalVariation,
      chi2_homogeneity_p: d.homogeneityP,
    };
  }
  const { distance, p } = kolmogorovSmirnov(a, b);
  return {
    ks: distance,
    ks_exact_p: p,
    spearman: spearman(a, b),
    pearson: pearson(a, b),
    wasserstein: wasserstein(a, b),
  };
}

statistics.forEach((statistic, i) => {
  golden(`${statistic.test} ${i}`, () => {
    const { test, a, b, k, n, c, ...expected } = statistic;
    const mine = figures(test === 'mcnemar' ? { ...statistic, a: b, b: c as number[] } : statistic);
    for (const [name, value] of Object.entries(expected))
      if (value === null) assert.is(mine[name], null, name);
      else if (Array.isArray(value)) allClose(mine[name] as number[], value, name);
      else {
        close(mine[name] as number, value as number, name);
        // A p of 1e-83 is within 1e-12 of anything small: its own size counts too.
        if ((value as number) !== 0)
          assert.ok(Math.abs((mine[name] as number) / (value as number) - 1) < 1e-9, `${name} ${mine[name]}`);
      }
  });
});

golden.run();
