import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wilson } from '../../../pipeline/evaluation/intervals.ts';
import { metricsOf } from '../../../pipeline/evaluation/metrics.ts';
import { probabilityMetrics } from '../../../pipeline/evaluation/probabilities.ts';
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
};
type Statistic = { test: string; k: number; n: number; wilson?: number[] };
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

const allClose = (actual: readonly number[], expected: readonly number[], what: string) => {
  assert.is(actual.length, expected.length, what);
  expected.forEach((value, i) => {
    close(actual[i], value, `${what}[${i}]`);
  });
};

const proportions = statistics.filter(({ test }) => test === 'proportion_ci_95');

golden('the file is what it is believed to be', () => assert.equal([cases.length, proportions.length], [28, 6]));

for (const { k, n, wilson: expected } of proportions)
  golden(`the interval of ${k} in ${n}`, () => {
    const { low, high } = wilson(k, n) ?? { low: Number.NaN, high: Number.NaN };
    allClose([low, high], expected as number[], 'wilson');
  });

golden.run();
