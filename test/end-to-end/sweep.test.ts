import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';

type Swept = {
  sweep: string;
  points: number;
  skipped: number;
  results: { point: number; run: string | null; f1: number | null }[];
  best: { point: number };
  failed: unknown[];
  promoted: { run: string; status: string; version: number } | null;
};

const s = suite('a sweep');

const home = temporaryFolder();
writeFileSync(
  join(home, 'pawl.yaml'),
  'model: tiny\ndata: { kind: sample, train: 600, test: 200 }\npolicy: { minimum: 0.5 }\n',
);
writeFileSync(
  join(home, 'sweep.yaml'),
  'trainer: nbsvm\nparameters:\n  cost: [1, 100]\n  order: [1, 2]\nparallel: 2\nmemoryMegabytes: 4000\n',
);

s('runs every point, takes up what was stopped, and promotes the best', async () => {
  const one = await json<{ run: string }>(home, ['sweep', 'point', 'sweep.yaml', '--index', '2']);
  const first = await json<Swept>(home, ['sweep', 'sweep.yaml']);
  assert.is(first.points, 4);
  assert.is(first.skipped, 1);
  assert.is(first.results[2]?.run, one.run);
  assert.equal(first.failed, []);
  const f1s = first.results.map(({ f1 }) => f1 as number);
  assert.is(f1s[first.best.point], Math.max(...f1s));
  const shown = await json<{ sweep: object; data: { splits: { train: { rows: number }; test: { rows: number } } } }>(
    home,
    [...['runs', 'show', one.run]],
  );
  assert.equal(shown.sweep, { id: first.sweep, point: 2 });
  const { train, test } = shown.data.splits;
  assert.is(train.rows + test.rows, 600, 'the test rows stay unseen');

  const point = await json<{ run: string; before: boolean }>(home, ['sweep', 'point', 'sweep.yaml', '--index', '1']);
  assert.equal([point.run, point.before], [first.results[1]?.run, true], 'a point is not run twice');

  const again = await json<Swept>(home, ['sweep', 'sweep.yaml', '--promote-best']);
  assert.is(again.skipped, 4);
  assert.is(again.promoted?.status, 'merged');
  const best = await json<{ sweep: null; data: { splits: { test: { rows: number } } } }>(home, [
    ...['runs', 'show', again.promoted?.run as string],
  ]);
  assert.is(best.sweep, null);
  assert.is(best.data.splits.test.rows, 200);

  const third = await json<Swept>(home, ['sweep', 'sweep.yaml', '--promote-best']);
  assert.equal(third.promoted, again.promoted, 'what is in production already is not trained again');

  const compared = await pawl(home, ['runs', 'compare', '--sweep', first.sweep, '--plot', 'sweep.svg']);
  assert.match(compared.stdout, /point +cost +order +macro F1/i);
  assert.match(readFileSync(join(home, 'sweep.svg'), 'utf8'), /<svg[\s\S]*The best of 4 runs has cost/);
  const scattered = ['runs', 'compare', '--sweep', first.sweep, '--plot', 'cost.svg'];
  const { runs } = await json<{ runs: { f1: number; interval: [number, number] }[] }>(home, [
    ...scattered,
    '--scatter',
    'cost',
  ]);
  assert.ok(runs.every(({ f1, interval: [low, high] }) => low < f1 && f1 < high));
  assert.match(readFileSync(join(home, 'cost.svg'), 'utf8'), /Of 4 runs the best has cost/);
  assert.match((await pawl(home, [...scattered, '--scatter', 'color'])).stderr, /no varied setting color/);
});

s('what is wrong is told before anything runs', async () => {
  writeFileSync(join(home, 'bad.yaml'), 'trainer: nbsvm\nparameters:\n  cost: [1, -3]\n  colour: [red]\n');
  const bad = await pawl(home, ['sweep', 'bad.yaml']);
  assert.match(bad.stderr, /cost: cannot be -3[\s\S]*colour|colour[\s\S]*cost: cannot be -3/);
  assert.is(bad.code, 2);
  const other = await pawl(home, ['sweep', 'point', 'sweep.yaml', '--index', '0', '--id', '000000000000']);
  assert.match(other.stderr, /not 000000000000/);
  for (const index of ['4', '-1', 'x'])
    assert.match((await pawl(home, ['sweep', 'point', 'sweep.yaml', `--index=${index}`])).stderr, /from 0 to 3/);
  const far = await pawl(home, ['sweep', 'sweep.yaml', '--executor', 'kubernetes', '--image', 'x']);
  assert.match(far.stderr, /events\.store[\s\S]*artifacts\.store/);
  assert.is(far.code, 2);
});

s.run();
