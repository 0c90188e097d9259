import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { optionsAt } from '../../../pipeline/data/guess.ts';
import type { DataOptions } from '../../../pipeline/data/options.ts';
import { complaint, dataFolder, load } from '../../support/data.ts';

// Data in forms that other programs write: it is read, or the advice is followed here and then it is.

const csvIn = (content: string | Uint8Array, over: Partial<Extract<DataOptions, { kind: 'csv' }>> = {}) =>
  load({ kind: 'csv', path: 'r.csv', testShare: 0.5, ...over }, dataFolder({ 'r.csv': content }));
const TEXTS = Array.from({ length: 12 }, (_, i) => [`text ${i}`, i % 2 ? 'pos' : 'neg'] as const);
const ROWS = TEXTS.map(([text, label]) => `${text},${label}`).join('\n');
const read = async (loading: ReturnType<typeof load>) => {
  const { train, test } = await loading;
  return [...train, ...test].map(({ text, label }) => `${text},${label}`).sort();
};
const WANTED = ROWS.split('\n').sort();
const said = async (loading: Promise<unknown>) => (await complaint(loading)).error.message;

const formats = suite('data as other programs write it');

formats('a first line that names the delimiter, as Excel writes it, is read; lines are still counted', async () => {
  for (const first of ['sep=;\r\n', '"sep=;"\n', 'SEP=;\n'])
    assert.equal(await read(csvIn(`${first}text;label\n${ROWS.replaceAll(',', ';')}`)), WANTED, first);
  assert.equal(await read(csvIn(`sep=,\ntext,label\n${ROWS}`)), WANTED);
  assert.match(await said(csvIn('sep=;\ntext;label\na;pos\nb\n')), /^r\.csv:4: 1 field/);
  assert.match(await said(csvIn('sep=;\ntext;label\na;pos\n"b;neg\n')), /^r\.csv:4: a quote opens/);
});

formats('blanks around quoted fields are pointed at; without them it is read', async () => {
  for (const row of ['"one", "pos"', '"one" ,"pos"']) {
    const content = `text,label\n${ROWS}\n${row}\n`;
    assert.match(
      await said(csvIn(content)),
      /^r\.csv:14: a blank between a quote and the delimiter: remove the blanks/,
    );
    const mended = content.replaceAll('", "', '","').replaceAll('" ,"', '","');
    assert.equal(await read(csvIn(mended)), [...WANTED, 'one,pos'].sort());
  }
});

formats('a file without a header: columns by number', async () => {
  assert.match(
    await said(csvIn(ROWS)),
    /the header has "text 0", "neg".*or data\.header to false if this line is a row/,
  );
  const why = await said(csvIn(ROWS, { header: false }));
  assert.match(why, /no column "text": with data\.header false, set data\.text to the number of a column, "1" to "2"/);
  assert.equal(await read(csvIn(ROWS, { header: false, text: '1', label: '2' })), WANTED);
  assert.match(await said(csvIn(ROWS, { header: false, text: '1', label: '3' })), /no column "3"/);
  assert.match(await said(csvIn(ROWS, { header: false, text: '1', label: '0' })), /no column "0"/);
  assert.match(await said(csvIn(`${ROWS}\na\n`, { header: false, text: '1', label: '2' })), /^r\.csv:13: 1 field/);
});

const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
const OTHERS: readonly (readonly [name: string, content: string | Buffer, message: RegExp])[] = [
  ['a pointer of Git LFS', pointer, /pointer of Git LFS, not the file itself: run git lfs pull/],
  [
    'a workbook',
    Buffer.from('PK\x03\x04\x14\0\x06\0'),
    /Excel workbook \(\.xlsx\): open it and save the sheet as CSV UTF-8/,
  ],
  ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /Excel workbook \(\.xls\)/],
  ['Parquet', Buffer.from('PAR1\x15\x04'), /Parquet file: write its rows as JSON Lines/],
  ['bzip2', Buffer.from('BZh91AY&SY'), /compressed by bzip2: unpack it first/],
  ['xz', Buffer.from('fd377a585a00', 'hex'), /compressed by xz/],
  ['zstd', Buffer.from('28b52ffd24', 'hex'), /compressed by zstd/],
];
for (const [name, content, message] of OTHERS)
  formats(`${name} is named, whatever the file is called`, async () => {
    const { folder, cacheFolder } = dataFolder({ 'r.csv': content, 'r.jsonl': content, 'r.xlsx': content });
    for (const path of ['r.csv', 'r.jsonl', 'r.xlsx'])
      assert.match(await said((async () => load(await optionsAt(path, folder), { folder, cacheFolder }))()), message);
    const texts = dataFolder({ 'd/pos/1.txt': content, 'd/neg/1.txt': 'bad' });
    assert.match(await said(load({ kind: 'folder', path: 'd' }, texts)), message);
  });

/** Runs the command of a piece of advice in the folder. */
function follow(advice: string, folder: string, names: Readonly<Record<string, string>>): void {
  const [, command = ''] = /(awk '.*?' \S+) into rows\.tsv/.exec(advice) ?? [];
  const ready = Object.entries(names).reduce((text, [from, to]) => text.replace(from, to), command);
  writeFileSync(join(folder, 'rows.tsv'), execFileSync('sh', ['-c', ready], { cwd: folder }));
}
const converted = { kind: 'csv', path: 'rows.tsv', quote: '', testShare: 0.5 } as const;
const HARD = ['a "quoted" one', 'half "open, done', 'tab\there', "it's", 'ü 😀'];
const more = [...TEXTS, ...HARD.map((text) => [text, 'pos'] as const)];
const wanted = more.map(([text, label]) => `${text.replace('\t', ' ')},${label}`).sort();

formats('fastText’s form: the advised command makes of it what is read', async () => {
  const content = more.map(([text, label]) => `__label__${label} ${text}`).join('\n');
  const context = dataFolder({ 'train.txt': content, 'r.csv': content });
  const advice = await said(optionsAt('train.txt', context.folder));
  assert.match(await said(load({ kind: 'csv', path: 'r.csv' }, context)), /^r\.csv:1: the rows are fastText's/);
  follow(advice, context.folder, { FILE: 'train.txt' });
  assert.equal(await read(load(converted, context)), wanted, readFileSync(join(context.folder, 'rows.tsv'), 'utf8'));
});

formats('one file for each label: the advised command makes of it what is read', async () => {
  const of = (wanted: string) => more.flatMap(([text, label]) => (label === wanted ? [text] : [])).join('\n');
  const context = dataFolder({ 'd/pos.txt': `${of('pos')}\n`, 'd/neg.txt': `${of('neg')}\n\n` });
  const advice = await said(load({ kind: 'folder', path: 'd' }, context));
  assert.match(advice, /^d: no folder for any label: .*; if each file holds one label's texts, one a line/);
  follow(advice, context.folder, { FOLDER: 'd' });
  assert.equal(await read(load(converted, context)), wanted);
});

formats('labels that are numbers too large to tell apart are refused; in quotes they are read', async () => {
  const rows = (label: (i: number) => string) =>
    TEXTS.map(([text], i) => `{"text":"${text}","label":${label(i)}}`).join('\n');
  const jsonl = (content: string) => load({ kind: 'jsonl', path: 'r.jsonl' }, dataFolder({ 'r.jsonl': content }));
  const big = (i: number) => (i % 2 ? '9007199254740993' : '9007199254740992');
  assert.match(
    await said(jsonl(rows(big))),
    /r\.jsonl:1: "label" is 900719925474099., more than a number holds exactly: put it in quotes/,
  );
  const { facts } = await jsonl(rows((i) => `"${big(i)}"`));
  assert.equal(facts.labels, ['9007199254740992', '9007199254740993']);
});

formats('a label is one however its accents are written', async () => {
  const accents = ['caf\u00e9', 'cafe\u0301'];
  const content = `text,label\n${TEXTS.map(([text], i) => `${text},${i % 3 ? accents[i % 2] : 'tea'}`).join('\n')}`;
  assert.equal((await csvIn(content)).facts.labels, ['caf\u00e9', 'tea']);
  const known = await csvIn(content, { labels: ['tea', 'cafe\u0301'] });
  assert.equal(known.facts.labels, ['tea', 'cafe\u0301'], 'as the settings write it');
});

formats('labels that differ only in case, width or blanks are named; both pieces of advice work', async () => {
  for (const other of ['Pos', 'ｐｏｓ', 'POS']) {
    const content = `text,label\n${ROWS}\nmore,${other}\nand more,${other}\nstill more,${other}\nlast,${other}`;
    const why = await said(csvIn(content));
    assert.match(why, /the labels ".*" and ".*" differ only in case, width or blanks: write them alike, or list/);
    assert.equal((await csvIn(content.replaceAll(other, 'pos'))).facts.labels, ['neg', 'pos']);
    const labels = ['neg', 'pos', other];
    assert.equal((await csvIn(content, { labels })).facts.labels, labels);
  }
});

formats.run();
