import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { csvSource } from '../../../pipeline/data/csv.ts';
import { DataOptions, type OptionsOf } from '../../../pipeline/data/options.ts';
import { complaint, dataFolder, drain } from '../../support/data.ts';

const read = async (content: string | Uint8Array, over: Record<string, unknown> = {}) => {
  const options = DataOptions.parse({ kind: 'csv', path: 'r.csv', ...over }) as OptionsOf<'csv'>;
  return drain(csvSource(options), dataFolder({ [options.path as string]: content }));
};
const pairs = async (content: string | Uint8Array, over: Record<string, unknown> = {}) => {
  const { rows, problems } = await read(content, over);
  assert.equal(problems, []);
  return rows.map(({ text, label }) => [text, label]);
};

const csv = suite('csv');

csv('reads quoted fields with delimiters, quotes and line ends, and says where each row starts', async () => {
  const { rows } = await read(
    'id,label,text\n1,pos,"one, two"\n2,neg,"said ""no""\nand left"\n\n3,pos,plain\n4,neg,"a\n\nb"\n5,pos,end',
  );
  assert.equal(
    rows.map(({ line, label, text }) => [line, label, text]),
    [
      [2, 'pos', 'one, two'],
      [3, 'neg', 'said "no"\nand left'],
      [6, 'pos', 'plain'],
      [7, 'neg', 'a\n\nb'],
      [10, 'pos', 'end'],
    ],
  );
});

csv('lines that end in a delimiter are pointed at, and what is advised is read', async () => {
  const lines = 'one,pos,\ntwo,neg,\n';
  const { problems } = await read(`text,label\n${lines}`);
  assert.match(problems[0]?.message ?? '', /^the line ends in a delimiter, and the header does not/);
  const wanted = [
    ['one', 'pos'],
    ['two', 'neg'],
  ];
  assert.equal(await pairs(`text,label,\n${lines}`), wanted, 'the header in one, too');
  assert.equal(await pairs(`text,label\n${lines.replaceAll(',\n', '\n')}`), wanted, 'removed from the lines');
  const { problems: other } = await read('text,label\none,two,pos\n');
  assert.match(other[0]?.message ?? '', /^3 fields/);
});

csv('whatever is written comes back', async () => {
  const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
  const field = fc
    .array(fc.constantFrom('"', '""', ',', '\n', '\t', ' ', ';', "'", 'a', 'é', '😀', '\\'), { maxLength: 12 })
    .map((parts) => parts.join(''));
  const end = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
      end,
      fc.boolean(),
      async (rows, eol, bom) => {
        const lines = ['text,label', ...rows.map((row) => row.map(quote).join(','))].join(eol);
        assert.equal(await pairs((bom ? '\ufeff' : '') + lines), rows);
      },
    ),
    { numRuns: 150 },
  );
});

csv('reads tabs, other delimiters, other quotes, other column names, and gzip', async () => {
  const expected = [['a, b', 'pos']];
  assert.equal(await pairs('text\tlabel\na, b\tpos\n', { path: 'r.tsv' }), expected);
  assert.equal(await pairs('text;label\na, b;pos\n', { delimiter: ';' }), expected);
  assert.equal(await pairs("text,label\n'a, b',pos\n", { quote: "'" }), expected);
  assert.equal(await pairs('review,stars\n"a, b",pos\n', { text: 'review', label: 'stars' }), expected);
  assert.equal(await pairs(gzipSync('text\tlabel\na, b\tpos\n'), { path: 'r.tsv.gz' }), expected);
  assert.equal(await pairs('text\tlabel\n5" disc\tpos\n"quoted\tneg\n', { path: 'r.tsv', quote: '' }), [
    ['5" disc', 'pos'],
    ['"quoted', 'neg'],
  ]);
});

csv('reads a file in whatever pieces it comes, characters and line ends cut in two', async () => {
  const text = 'é😀.\r\n'.repeat(30_000); // nine bytes a line; pieces are a power of two, so nine beginnings meet every cut
  for (let shift = 0; shift < 9; shift++) {
    const begin = 'x'.repeat(shift);
    const rows = await pairs(`text,label\r\n"${begin}${text}",pos\r\n`);
    assert.ok(rows[0]?.[0] === begin + text.replaceAll('\r\n', '\n'), `shifted by ${shift}`);
  }
});

csv('a byte order mark before a quoted column name is no part of it', async () => {
  assert.equal(await pairs('\ufeff"text",label\na,pos\n'), [['a', 'pos']]);
});

csv('names the missing column, those there are, and what to set', async () => {
  const missing = (content: string) => complaint(read(content));
  assert.equal((await missing('review,label\nx,y\n')).lines, [
    'r.csv:1: no column "text" (the header has "review", "label"): set data.text to the column that holds the text, or data.header to false if this line is a row',
  ]);
  assert.match((await missing('text;label\nx;y\n')).error.message, /set data.delimiter to ";"$/);
  assert.match((await missing('text,text,label\nx,y,z\n')).error.message, /r\.csv:1: two columns are named "text"/);
  assert.match((await missing('\n\n')).error.message, /^r\.csv:1: no header/);
});

csv('reports rows of the wrong length with their line and reads on', async () => {
  const { rows, problems } = await read('text,label\na,pos\nb\n"c\nd",neg,extra\ne,neg\n');
  assert.equal(
    problems.map(({ line, message }) => [line, message.split(',')[0]]),
    [
      [3, '1 field'],
      [4, '3 fields'],
    ],
  );
  assert.equal(
    rows.map(({ line, text }) => [line, text]),
    [
      [2, 'a'],
      [6, 'e'],
    ],
  );
});

csv('says where a wrong quote is, and what it could mean', async () => {
  const at = async (content: string) => (await complaint(read(content))).error;
  const open = await at(`text,label\na,pos\n"b,neg\n${'c,pos\n'.repeat(1000)}`);
  assert.match(open.message, /^r\.csv:3: a quote opens in this record and never closes/);
  assert.match((await at('text,label\na,pos\n"b"c,neg\nd,pos\n')).message, /^r\.csv:3: a quote inside a quoted field/);
  assert.match((await at('text,label\na "b",neg\n')).message, /^r\.csv:2: a quote inside a field without quotes/);
  assert.match(
    (await at(`text,label\na,pos\n"${'b'.repeat(17 * 2 ** 20)}`)).message,
    /^r\.csv:3: the record is longer than 16 MiB/,
  );
});

csv('finds every line that is not UTF-8, and says when a file is UTF-16', async () => {
  const bytes = Buffer.from('text,label\nfine,pos\ncaf\u00e9,neg\nok,pos\n\u00e9\u00e9,neg\n', 'latin1');
  const { problems } = await read(bytes);
  assert.equal(
    problems.map(({ line }) => line),
    [3, 5],
  );
  assert.match(problems[0]?.message ?? '', /^not UTF-8: .*WINDOWS-1252/);
  const utf16 = await complaint(read(Buffer.from('\ufefftext,label\nfine,pos\n', 'utf16le')));
  assert.match(utf16.error.message, /^r\.csv:1: the file is UTF-16: save it as UTF-8/);
});

csv.run();
