import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { logCountRatio } from '../../../../pipeline/training/nbsvm/log-count-ratio.ts';
import { columnCounts } from '../../../../pipeline/training/nbsvm/matrix.ts';
import { matrixOf, type Small } from '../../../support/linear.ts';
import { fixture } from '../../../support/paths.ts';

// Columns: good, bad, film, plot.
const matrix = matrixOf({ rows: [[0, 2], [0, 3], [1, 2], [1], []], width: 4 });
const positive = (row: number) => row < 2;
const everyRow = () => true;

const counting = suite('matrix');

counting('counts the rows of each column, of all rows or of some', () => {
  assert.equal([...columnCounts(matrix)], [2, 2, 2, 1]);
  assert.equal([...columnCounts(matrix, positive)], [2, 0, 1, 1]);
  assert.equal([...columnCounts(matrix, () => false)], [0, 0, 0, 0]);
  assert.equal([...columnCounts(matrixOf({ rows: [], width: 2 }))], [0, 0]);
  assert.equal([...columnCounts(matrixOf({ rows: [[], []], width: 0 }))], []);
});

counting.run();

const ratios = suite('log-count ratio');

const equal = (actual: Float32Array, expected: readonly number[]) => {
  assert.is(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs((actual[i] as number) - value) < 1e-6, `column ${i}: ${actual[i]} instead of ${value}`);
  });
};

ratios('by hand: p = (3, 1, 2, 2) of 8, q = (1, 3, 2, 1) of 7', () => {
  equal(logCountRatio(matrix, positive, everyRow, 1), [
    Math.log(3 / 8 / (1 / 7)),
    Math.log(1 / 8 / (3 / 7)),
    Math.log(2 / 8 / (2 / 7)),
    Math.log(2 / 8 / (1 / 7)),
  ]);
});

ratios('more smoothing, smaller ratios: p = (12, 10, 11, 11) of 44, q = (10, 12, 11, 10) of 43', () => {
  equal(logCountRatio(matrix, positive, everyRow, 10), [
    Math.log(12 / 44 / (10 / 43)),
    Math.log(10 / 44 / (12 / 43)),
    Math.log(11 / 44 / (11 / 43)),
    Math.log(11 / 44 / (10 / 43)),
  ]);
});

ratios('rows that are not among those counted change nothing', () => {
  const fewer = matrixOf({ rows: [[0, 2], [1, 2], [1]], width: 4 });
  equal(
    logCountRatio(matrix, positive, (row) => row !== 1 && row !== 4, 1),
    [...logCountRatio(fewer, (row) => row === 0, everyRow, 1)],
  );
});

ratios('the other class has the same ratios with the other sign', () => {
  const [one, other] = [positive, (row: number) => !positive(row)].map((inside) =>
    logCountRatio(matrix, inside, everyRow, 1),
  ) as [Float32Array, Float32Array];
  equal(
    one,
    [...other].map((r) => -r),
  );
});

ratios('an empty class gives finite numbers', () => {
  for (const inside of [everyRow, () => false])
    assert.ok([...logCountRatio(matrix, inside, everyRow, 0.001)].every(Number.isFinite));
});

ratios('the numbers that numpy gives', () => {
  const { linear }: { linear: Small[] } = JSON.parse(readFileSync(fixture('nbsvm/references.json'), 'utf8'));
  for (const small of linear)
    equal(
      logCountRatio(matrixOf(small), (row) => small.inside[row] === 1, everyRow, 1),
      small.ratio,
    );
});

ratios.run();
