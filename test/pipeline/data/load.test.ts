import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue } from '../../../events/catalogue.ts';
import type { Dataset } from '../../../pipeline/data/load.ts';
import type { Progress } from '../../../pipeline/data/source.ts';
import { DataError } from '../../../pipeline/errors.ts';
import { digestOf } from '../../../registry-repo/digest.ts';
import { parseRows, printRowKeys, printRows } from '../../../registry-repo/rows.ts';
import { complaint, dataFolder, load } from '../../support/data.ts';
import { rejects } from '../../support/rejects.ts';

const csvOf = (rows: readonly (readonly [string, string])[]) =>
  ['text,label', ...rows.map(([text, label]) => `"${text}",${label}`)].join('\n');

const train = csvOf([
  ['b<br />b', 'pos'],
  ['a', 'neg'],
  ['B  b', 'neg'],
  ['c', 'pos'],
]);
const test = csvOf([
  ['d', 'pos'],
  ['C', 'pos'],
  ['é', 'neg'],
]);
const two = { kind: 'csv', train: 'train.csv', test: 'test.csv' } as const;
const twoFiles = () => dataFolder({ 'train.csv': train, 'test.csv': test });

const loading = suite('load');

loading('gives normalised rows in canonical order, and the facts of a DatasetPinned event about them', async () => {
  const dataset = await load(two, twoFiles());
  const [texts, labels] = [dataset.train.map((row) => row.text), dataset.train.map((row) => row.label)];
  assert.equal(texts, ['B  b', 'a', 'b\nb', 'c']);
  assert.equal(labels, ['neg', 'neg', 'pos', 'pos']);
  assert.equal(dataset.facts, {
    source: { kind: 'csv', location: 'train.csv, test.csv' },
    labels: ['neg', 'pos'],
    splits: {
      train: { rows: 4, labels: { neg: 2, pos: 2 }, duplicates: 1, digest: digestOf(printRows(dataset.train)) },
      test: { rows: 3, labels: { neg: 1, pos: 2 }, duplicates: 0, digest: digestOf(printRows(dataset.test)) },
    },
    leakage: { rows: 1, examples: [digestOf(printRows([{ text: 'C', label: 'pos' }]))] },
    unlabelled: null,
  });
  assert.equal(catalogue.DatasetPinned.schema.parse(dataset.facts), dataset.facts);
  assert.equal(parseRows(printRows(dataset.test)), dataset.test);
  assert.ok(printRowKeys(dataset.train.map(({ text }) => text)).equals(dataset.trainKeys as Uint8Array));
});

loading('the same rows give the same facts from csv, jsonl and folders', async () => {
  const rows = [
    ['one', 'neg'],
    ['two "2",\nthree', 'pos'],
    ['ünï 😀', 'neg'],
    ['four', 'pos'],
  ] as const;
  const files = {
    'd.csv': csvOf(rows.map(([text, label]) => [text.replaceAll('"', '""'), label])),
    'd.jsonl.gz': gzipSync(rows.map(([text, label]) => JSON.stringify({ label, text })).join('\n')),
    ...Object.fromEntries(rows.map(([text, label], i) => [`d/${label}/${i}.txt`, text])),
  };
  const context = dataFolder(files);
  const split = { testShare: 0.5, splitSeed: 3 };
  const facts = async (options: Parameters<typeof load>[0]) => (await load(options, context)).facts;
  const { source: _, ...expected } = await facts({ kind: 'csv', path: 'd.csv', ...split });
  for (const options of [
    { kind: 'jsonl', path: 'd.jsonl.gz', ...split },
    { kind: 'folder', path: 'd', ...split },
  ] as const) {
    const { source, ...same } = await facts(options);
    assert.equal(same, expected);
    assert.is(source.location, options.path);
  }
});

loading('labels are sorted by code point, or stay in the order that was configured', async () => {
  const context = dataFolder({
    't.csv': csvOf(['z', 'B', 'é', 'a', '😀', '\uffee'].map((label, i) => [`row ${i}`, label])),
  });
  const of = async (labels: string[] | null) =>
    (await load({ kind: 'csv', train: 't.csv', test: 't.csv', labels }, context)).facts.labels;
  assert.equal(await of(null), ['B', 'a', 'z', 'é', '\uffee', '😀']);
  const given = ['😀', 'z', '\uffee', 'a', 'é', 'B'];
  assert.equal(await of(given), given);
});

loading('tells how far it is', async () => {
  const steps: Progress[] = [];
  const context = { ...twoFiles(), progress: (step: Progress) => steps.push(step) };
  await load(two, context);
  assert.equal(
    steps.map(({ stage, done, of, unit }) => [stage, done === of, unit]),
    [
      ['read train.csv', true, 'bytes'],
      ['read test.csv', true, 'bytes'],
    ],
  );
});

loading('stops when it is told to, whatever it reads', async () => {
  const many = Array.from({ length: 30_000 }, (_, i) => [`row ${i} ${'x'.repeat(90)}`, i % 2 ? 'pos' : 'neg'] as const);
  const files = Object.fromEntries(many.slice(0, 300).map(([text, label], i) => [`d/${label}/${i}`, text]));
  const jsonl = many.map(([text, label]) => JSON.stringify({ text, label })).join('\n');
  const context = dataFolder({ 'd.csv': csvOf(many), 'd.jsonl': jsonl, 'd.jsonl.gz': gzipSync(jsonl), ...files });
  for (const options of [
    { kind: 'csv', path: 'd.csv' },
    { kind: 'jsonl', path: 'd.jsonl' },
    { kind: 'jsonl', path: 'd.jsonl.gz' },
    { kind: 'folder', path: 'd' },
    { kind: 'sample' },
  ] as const) {
    const stop = new AbortController();
    const progress = () => stop.abort(new Error('enough'));
    const error = await rejects(load(options, { ...context, progress, signal: stop.signal }), Error);
    assert.is(error.message, 'enough', JSON.stringify(options));
  }
});

loading.run();

const bad = suite('bad data');

/** Every way to spoil a data set: its options, its files, and what a user reads. */
const spoilt: Record<
  string,
  [options: Parameters<typeof load>[0], files: Record<string, string | Buffer>, says: RegExp]
> = {
  'no file': [{ kind: 'csv', path: 'gone.csv' }, {}, /^gone\.csv: there is no such file or folder: check the path$/],
  'a folder instead of a file': [{ kind: 'csv', path: 'd' }, { 'd/x': '' }, /^d: is a folder, not a file/],
  'a file instead of a folder': [{ kind: 'folder', path: 'd' }, { d: '' }, /^d: a part of the path is not a folder/],
  'an empty file': [{ kind: 'jsonl', path: 'd' }, { d: '' }, /^d: the file is empty: give a file with rows$/],
  'an empty gzip': [{ kind: 'csv', path: 'd' }, { d: gzipSync('') }, /^d: the file is empty/],
  'nothing but a mark': [{ kind: 'jsonl', path: 'd' }, { d: '\ufeff' }, /^d: there are no rows/],
  'a header and no rows': [{ kind: 'csv', path: 'd' }, { d: 'text,label\n' }, /^d: there are no rows/],
  'a broken gzip': [
    { kind: 'csv', path: 'd.gz' },
    { 'd.gz': gzipSync(train.repeat(2000)).fill(7, 60, 90) },
    /^d\.gz: the compressed data is damaged: copy or download the file again$/,
  ],
  'a gzip that is cut off': [
    { kind: 'jsonl', path: 'd.gz' },
    { 'd.gz': gzipSync('{"text":"a","label":"b"}\n'.repeat(9)).subarray(0, 40) },
    /d\.gz: the compressed data ends too early, so the file is cut off/,
  ],
  'a missing column': [
    { kind: 'csv', path: 'd' },
    { d: 'review,label\nx,y' },
    /^d:1: no column "text" \(the header has "review", "label"\): set data\.text/,
  ],
  'one class only': [
    { kind: 'csv', path: 'd' },
    { d: csvOf(Array.from({ length: 50 }, (_, i) => [`row ${i}`, 'pos'])) },
    /^d: every row has the label "pos": a model needs rows of at least two$/,
  ],
  'too few rows to split': [
    { kind: 'csv', path: 'd', testShare: 0.01 },
    {
      d: csvOf([
        ['a', 'neg'],
        ['b', 'pos'],
      ]),
    },
    /^d: no row for the test split: give more rows, another data\.testShare, or both data\.train and data\.test$/,
  ],
  'a label that no training row has': [
    two,
    {
      'train.csv': train,
      'test.csv': csvOf([
        ['x', 'meh'],
        ['y', 'pos'],
      ]),
    },
    /^train\.csv, test\.csv: no training row with the label "meh", but test rows: add some, or leave the label out$/,
  ],
  'a configured label without rows': [
    { ...two, labels: ['neg', 'pos', 'meh'] },
    { 'train.csv': train, 'test.csv': test },
    /no training row with the label "meh": add some, or leave the label out$/,
  ],
  'an unknown label': [
    { ...two, labels: ['neg', 'pos'] },
    { 'train.csv': `${train}\nx,Pos`, 'test.csv': test },
    /^train\.csv:6: unknown label "Pos": the labels are "neg", "pos" \(data\.labels\)$/,
  ],
  'text and label swapped': [
    { kind: 'csv', path: 'd', text: 'label', label: 'text' },
    { d: csvOf(Array.from({ length: 1200 }, (_, i) => [`row ${i}`, i % 2 ? 'pos' : 'neg'])) },
    /^d: 1200 different labels, 1000 at most: are text and label swapped\?$/,
  ],
  'empty texts and labels': [
    two,
    { 'train.csv': `${train}\n"<br /> ",pos\n\u0000,neg\nx, \n`, 'test.csv': test },
    /^3 problems:\n {2}train\.csv:6: the text is empty.*\n {2}train\.csv:7: the text is empty.*\n {2}train\.csv:8: the label is empty/,
  ],
  'labels that cannot be one': [
    { kind: 'jsonl', path: 'd' },
    {
      d: ['"a\\u001b[2Jb"', '"__proto__"', `"${'x'.repeat(201)}"`, '"\\ud800"']
        .map((l) => `{"text":"t","label":${l}}`)
        .join('\n'),
    },
    /^4 problems:\n {2}d:1: the label "a\\u001b\[2Jb" cannot be one.*\n {2}d:2: .*\n {2}d:3: the label "x{59}…" cannot be one.*\n {2}d:4: /,
  ],
  'more labels than a model may have': [
    { kind: 'jsonl', path: 'd' },
    { d: Array.from({ length: 1001 }, (_, i) => `{"text":"text ${i}","label":"label ${i}"}`).join('\n') },
    /^d: 1001 different labels, 1000 at most: are text and label swapped\?$/,
  ],
  'labels too long for a manifest': [
    { kind: 'jsonl', path: 'd' },
    {
      d: Array.from({ length: 900 }, (_, i) => `{"text":"text ${i}","label":"${String(i).padStart(200, 'x')}"}`).join(
        '\n',
      ),
    },
    /^d: the labels have 180000 bytes together, 100000 at most: shorten them$/,
  ],
  'half a character': [
    { kind: 'jsonl', path: 'd' },
    { d: '{"text":"\\ud83d!","label":"a"}' },
    /^d:1: the text has half a character/,
  ],
  'not UTF-8': [
    { kind: 'csv', path: 'd' },
    { d: Buffer.from('text,label\ngood,pos\ncaf\u00e9,neg\n', 'latin1') },
    /^d:3: not UTF-8: save the file as UTF-8/,
  ],
  'bytes of anything': [
    { kind: 'csv', path: 'd' },
    { d: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256)) },
    /^(d:1: |\d+ problems.*\n {2}d:1: )/,
  ],
};

for (const [name, [options, files, says]] of Object.entries(spoilt))
  bad(`${name}: says what and where, and changes nothing`, async () => {
    const context = dataFolder(files);
    const before = readdirSync(context.folder, { recursive: true }).sort();
    const { error } = await complaint(load(options, context));
    assert.match(error.message, says);
    assert.is(error.code, 'data_invalid');
    assert.not.match(error.message, /node:|\.js:|\n\s+at /);
    assert.equal(readdirSync(context.folder, { recursive: true }).sort(), before);
  });

bad('10,000 bad rows: the first five, and how many', async () => {
  const rows = Array.from({ length: 10_010 }, (_, i) => (i < 10 ? `row ${i},pos` : `,neg${i}`));
  const { error, lines } = await complaint(
    load({ kind: 'csv', path: 'd' }, dataFolder({ d: `text,label\n${rows.join('\n')}` })),
  );
  assert.is(error.total, 10_000);
  assert.equal(
    error.problems.map(({ file, line }) => [file, line]),
    [12, 13, 14, 15, 16].map((line) => ['d', line]),
  );
  assert.equal(lines, [
    '10000 problems, the first 5:',
    ...[12, 13, 14, 15, 16].map((line) => `d:${line}: the text is empty: fill it in or remove the row`),
  ]);
});

bad('a file that may not be read', async () => {
  const context = dataFolder({ d: train });
  chmodSync(join(context.folder, 'd'), 0);
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    const { error } = await complaint(load({ kind: 'csv', path: 'd' }, context));
    assert.match(error.message, /^d: permission denied: make it readable for the user that runs pawl$/);
  } finally {
    if (root) process.seteuid?.(0);
  }
});

bad('a pipe is refused at once instead of waited for', async () => {
  const context = dataFolder();
  execFileSync('mkfifo', [join(context.folder, 'd')]);
  mkdirSync(join(context.folder, 'f/neg'), { recursive: true });
  execFileSync('mkfifo', [join(context.folder, 'f/neg/1')]);
  const refused = /is a pipe or device, not a file/;
  assert.match((await complaint(load({ kind: 'jsonl', path: 'd' }, context))).error.message, refused);
  assert.match((await complaint(load({ kind: 'folder', path: 'f' }, context))).error.message, refused);
});

bad('whatever the bytes, it is data or a DataError', async () => {
  const piece = fc.constantFrom(
    'text,label\n',
    '{"text":"a","label":"b"}\n',
    '{"text":"c","label":"d"}\n',
    '"',
    ',',
    '\n',
    '\r',
    '\t',
  );
  const bytes = fc
    .array(fc.oneof(piece.map(Buffer.from), fc.uint8Array({ maxLength: 8 })), { maxLength: 40 })
    .map((parts) => Buffer.concat(parts));
  await fc.assert(
    fc.asyncProperty(bytes, fc.boolean(), async (content, zip) => {
      const context = dataFolder({ d: zip ? gzipSync(content) : content });
      for (const kind of ['csv', 'jsonl', 'imdb'] as const) {
        const outcome = await load({ kind, path: 'd' }, context).catch((error: unknown) => error);
        if (outcome instanceof DataError) assert.ok(outcome.problems.length > 0 && outcome.problems.length <= 5);
        else assert.ok((outcome as Dataset).train.length > 0, String(outcome));
      }
    }),
    { numRuns: 60 },
  );
});

bad.run();
