import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as z from 'zod';
import { optionsAt } from '../../../pipeline/data/guess.ts';
import { loadRows } from '../../../pipeline/data/load.ts';
import { DataOptions } from '../../../pipeline/data/options.ts';
import { fewReviews, tarGzOf } from '../../support/archive.ts';
import { complaint, dataFolder } from '../../support/data.ts';

const options = suite('data options');

options('a kind alone is enough where nothing has to be found', () => {
  assert.equal(DataOptions.parse({ kind: 'sample' }), {
    kind: 'sample',
    seed: 1,
    train: 6000,
    test: 2000,
    difficulty: 0.5,
    noise: 0.02,
    mislabelled: 0,
    unlabelled: null,
    holdOut: 0,
    nearShare: 0.5,
  });
  assert.is(DataOptions.parse({ kind: 'imdb' }).kind, 'imdb');
});

options('every key has a default and a description', () => {
  const schema = z.toJSONSchema(DataOptions, { io: 'input' }) as { oneOf: Record<string, Record<string, unknown>>[] };
  assert.is(schema.oneOf.length, 5);
  for (const { properties = {} } of schema.oneOf)
    for (const [key, value] of Object.entries(properties) as [string, Record<string, unknown>][])
      if (key !== 'kind') assert.ok(typeof value.description === 'string' && 'default' in value, key);
});

options('files are one path, or train and test', () => {
  for (const kind of ['csv', 'jsonl', 'folder']) {
    for (const good of [{ path: 'a' }, { train: 'a', test: 'b' }])
      assert.ok(DataOptions.safeParse({ kind, ...good }).success);
    for (const wrong of [
      {},
      { train: 'a' },
      { test: 'a' },
      { path: 'a', train: 'b', test: 'c' },
      { path: 'a', test: 'b' },
    ]) {
      const issue = DataOptions.safeParse({ kind, ...wrong }).error?.issues[0];
      assert.equal([issue?.path, issue?.message], [['path'], 'give either path, or both train and test']);
    }
  }
});

options('what makes no sense is refused', () => {
  for (const wrong of [
    { kind: 'parquet' },
    { kind: 'sample', rows: 10 },
    { kind: 'sample', noise: 0.6 },
    { kind: 'imdb', url: 'file:///etc/passwd' },
    { kind: 'csv', path: 'a', testShare: 0 },
    { kind: 'csv', path: 'a', delimiter: '"' },
    { kind: 'csv', path: 'a', labels: ['pos'] },
    { kind: 'csv', path: 'a', labels: ['pos', 'pos'] },
  ])
    assert.not(DataOptions.safeParse(wrong).success, JSON.stringify(wrong));
});

options.run();

const given = suite('data given by its path');

given('a path tells the kind', async () => {
  const { folder } = dataFolder({
    'd/neg/1': 'x',
    'up/aclImdb/x': '',
    'a.CSV': '',
    'a.tsv.gz': '',
    'a.jsonl': '',
    'a.tgz': '',
  });
  for (const [path, kind] of [
    ['a.CSV', 'csv'],
    ['a.tsv.gz', 'csv'],
    ['a.jsonl', 'jsonl'],
    ['a.tgz', 'imdb'],
    ['d', 'folder'],
    ['up', 'imdb'],
    ['up/aclImdb', 'imdb'],
  ] as const)
    assert.equal(await optionsAt(path, folder), DataOptions.parse({ kind, path }), path);
});

given('a path that tells nothing, or leads nowhere, is said', async () => {
  const { folder } = dataFolder({ 'a.parquet': '' });
  assert.match(
    (await complaint(optionsAt('a.parquet', folder))).error.message,
    /^a\.parquet: no telling what is in it: name it \.csv/,
  );
  assert.match((await complaint(optionsAt('b.csv', folder))).error.message, /^b\.csv: there is no such file/);
});

given('rows to measure on: the test split where there is one, else all, even of one label', async () => {
  const context = dataFolder({
    'a.tar.gz': await tarGzOf(fewReviews),
    'd/test/neg/1': 'bad',
    'd/train/neg/1': 'seen',
    'a.csv': 'text,label\none,pos\none,pos\ntwo,pos\n',
  });
  const rows = async (path: string, labels = ['neg', 'pos']) =>
    loadRows(await optionsAt(path, context.folder), labels, context);
  assert.equal(
    (await rows('a.tar.gz')).rows.map(({ text }) => text),
    ['Dull.', 'Fine.'],
  );
  assert.equal((await rows('d')).rows, [{ text: 'bad', label: 'neg' }]);
  const { facts, source } = await rows('a.csv');
  assert.equal(
    [facts.rows, facts.labels, facts.duplicates, source],
    [3, { neg: 0, pos: 3 }, 1, { kind: 'csv', location: 'a.csv' }],
  );
  assert.match(
    (await complaint(rows('a.csv', ['yes', 'no']))).error.message,
    /a\.csv:2: unknown label "pos": the labels are "yes", "no"/,
  );
});

given.run();
