import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Recorded, readRecorded } from '../../bench/recorded.ts';
import { writeReport } from '../../bench/report.ts';
import { withUnit } from '../../scripts/docs/benchmarks/figures.ts';
import { benchmarksPage, marksOf } from '../../scripts/docs/benchmarks/page.ts';
import { type BenchTable, tables } from '../../scripts/docs/benchmarks/tables.ts';
import { between } from '../../scripts/docs/marks.ts';
import { root, temporaryFolder } from '../support/paths.ts';

const benchmarks = suite('docs/benchmarks.md');

const page = readFileSync(join(root, 'docs/benchmarks.md'), 'utf8');
const recorded = readRecorded(join(root, 'bench/recorded'));

benchmarks('its tables are what the recorded results give: npm run docs writes them', () =>
  assert.fixture(page, benchmarksPage(page, recorded)),
);

benchmarks('every table is written by the program, and shows the results of every recorded file', () => {
  const bare = tables.reduce((text, table) => text.replace(between(text, marksOf(table)) ?? '', ''), page);
  assert.not.match(bare, /^\|/m, 'no table outside of marks');
  assert.is([...page.matchAll(/^<!-- table of /gm)].length, tables.length);
  assert.equal([...recorded.keys()].sort(), [...new Set(tables.map(({ bench }) => bench))].sort());
});

benchmarks('a recorded file names no folder of the machine that measured', () => {
  for (const [name, results] of recorded)
    assert.not.match(JSON.stringify(results), /(?<=[" ])\/[a-z]+\/|[A-Z]:\\\\/, `bench/recorded/${name}.json`);
});

/** A file as `npm run bench -- distilbert` writes it. */
function measured(speeds: readonly number[]): { readonly folder: string; readonly results: Recorded } {
  const folder = temporaryFolder();
  const machine = {
    ...{ cpu: 'CPU', processor: 'x64 with AVX2', cores: 2, memoryBytes: 2 ** 34, os: 'Linux', node: '24.0.0' },
    ...{ pawl: '0.1.0', commit: `${'0123456789'.repeat(4)}+changes`, filesystem: 'ext4' },
  };
  const figures = [{ name: 'distilbert', unit: 'tokens/s', rounds: speeds }];
  const settings = { threads: 2, reviews: 3000 };
  const outcome = { name: 'distilbert', status: 'measured', settings, method: [], figures, table: '' } as const;
  writeReport(join(folder, 'distilbert.json'), new Date('2026-01-02T03:04:05Z'), machine, [outcome]);
  return { folder, results: readRecorded(folder).get('distilbert') as Recorded };
}

benchmarks('another measurement is another table, with its machine, day and commit', () => {
  const { results } = measured([1200, 95, 1000]);
  const changed = benchmarksPage(page, new Map([...recorded, ['distilbert', results]]));
  const table = tables.find(({ title }) => title === 'distilbert');
  assert.is(
    table && between(changed, marksOf(table)),
    [
      '| fine-tuning, 2 threads, 3,000 reviews | median | minimum – maximum |',
      '| --- | --- | --- |',
      '| distilbert | 1,000 tokens/s | 95.0 – 1,200 |',
      '',
      'CPU, x64 with AVX2, 2 cores, 16.0 GiB, Node 24.0.0, ext4; 2026-01-02, commit 012345678901+changes. Median of up to 3 rounds, with minimum and maximum.',
    ].join('\n'),
  );
});

benchmarks('a table without marks, without results, or with others than its own is refused', () => {
  assert.throws(() => benchmarksPage('# Benchmarks\n', recorded), /no marks .*table of events/);
  assert.throws(() => benchmarksPage(page, new Map()), /no bench\/recorded\/events\.json/);
  const { folder } = measured([1]);
  writeReport(join(folder, 'other.json'), new Date(0), machineOf(recorded), [
    { name: 'other', status: 'not run', reason: 'no reviews' },
  ]);
  assert.throws(() => readRecorded(folder), /other\.json: not the measured results of one bench/);
});

const machineOf = (all: typeof recorded) => {
  const found = [...all.values()].flatMap((results) => ('machine' in results ? [results.machine] : []))[0];
  assert.ok(found);
  return found;
};

benchmarks('the guide quotes F1s that the page shows', () => {
  const guide = readFileSync(join(root, 'docs/guides/training.md'), 'utf8');
  const shown = between(page, marksOf(tables.find(({ title }) => title === 'models') as BenchTable)) ?? '';
  const quoted = guide.match(/\b0\.[89]\d{3}\b/g) ?? [];
  assert.ok(quoted.length > 0);
  for (const f1 of quoted) assert.ok(shown.includes(`| ${f1} (`), f1);
});

benchmarks('README quotes the results that the page shows', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const figures = recorded.get('nbsvm')?.benches[0].figures ?? [];
  const quoted = figures.filter(({ name }) => /, (?:F1 of "pos"|load \+ train \+ evaluate|train \+ test)$/.test(name));
  assert.is(quoted.length, 6);
  for (const { name, unit, median } of quoted)
    assert.ok(readme.includes(withUnit(median, unit).replace(/ s$/, ' seconds')), `${name}: ${median}`);
});

benchmarks.run();
