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
const { cases, statistics } = JSON.parse(readFileSync(fixture('evaluation/metrics.json'), 'utf8')) as {
  cases: Case[];
  statistics: { k: number; n: number; wilson: [number, number] }[];
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

/** Figures of the file that Pawl names otherwise, or that equal another one where each row has one label. */
const OTHER_NAMES: Record<string, string> = {
  ece_15_positive_class: 'ece_15',
  f1_micro: 'accuracy',
  precision_micro: 'accuracy',
  recall_micro: 'accuracy',
};
const NOT_GIVEN = ['mce_15_positive_class'];

const golden = suite('metrics against scikit-learn');

golden('the file is what it is believed to be', () => assert.equal([cases.length, statistics.length], [28, 6]));

for (const example of cases)
  golden(example.name, () => {
    const { y, p, P, expected } = example;
    const counts = countsOf(example);
    const rows = P ?? p?.map((positive) => [1 - positive, positive]);
    const given: Record<string, number> = {
      ...metricsOf(
        counts.map((_, k) => String(k)),
        counts,
      ),
      ...(rows && probabilityMetrics({ truth: y, probabilities: rows.flat(), labels: counts.length })),
    };
    for (const [name, value] of Object.entries(expected)) {
      if (NOT_GIVEN.includes(name)) continue;
      if (name === 'f1_per_label')
        (value as number[]).forEach((f1, k) => {
          close(given[`f1[${k}]`], f1, `f1[${k}]`);
        });
      else if (example.name === 'certain and wrong' && name === 'log_loss')
        // The file clips p before it takes 1 − p, which rounds 1e-15 to 9.99e-16; Pawl clips both.
        close(given.log_loss, -Math.log(1e-15), name);
      else close(given[OTHER_NAMES[name] ?? name], value as number, name);
    }
    if (p && !('roc_auc' in expected)) assert.is(given.roc_auc, undefined, 'one label alone cannot be ranked');
  });

for (const { k, n, wilson: expected } of statistics)
  golden(`Wilson interval of ${k} of ${n}`, () => {
    const interval = wilson(k, n);
    close(interval?.low, expected[0], 'low');
    close(interval?.high, expected[1], 'high');
  });

golden.run();
