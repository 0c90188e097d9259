import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonlSource } from '../../../pipeline/data/jsonl.ts';
import { DataOptions, type OptionsOf } from '../../../pipeline/data/options.ts';
import { complaint, dataFolder, drain } from '../../support/data.ts';
import { root } from '../../support/paths.ts';

const read = async (content: string | Uint8Array, over: Record<string, unknown> = {}) => {
  const options = DataOptions.parse({ kind: 'jsonl', path: 'r.jsonl', ...over }) as OptionsOf<'jsonl'>;
  return drain(jsonlSource(options), dataFolder({ 'r.jsonl': content }));
};

const jsonl = suite('jsonl');

jsonl('reads one object a line, with blank lines, either line end, a mark and no last line feed', async () => {
  const content =
    '\ufeff{"text":"a\\nb","label":"pos","id":1}\r\n\r\n{"label":1,"text":"ü"}\n{"text":"c","label":true}';
  for (const bytes of [content, gzipSync(content)])
    assert.equal(
      (await read(bytes)).rows.map(({ line, text, label }) => [line, text, label]),
      [
        [1, 'a\nb', 'pos'],
        [3, 'ü', '1'],
        [4, 'c', 'true'],
      ],
    );
  assert.equal((await read('{"review":"a","y":"pos"}', { text: 'review', label: 'y' })).rows[0]?.text, 'a');
});

jsonl('says for each bad line what is wrong with it', async () => {
  const { rows, problems } = await read(
    [
      '{"text":"a","label":"pos"}',
      'text,label',
      '{"text":"a","label":',
      '[1]',
      '"text"',
      'null',
      '{}',
      '{"review":"a","label":"pos"}',
      '{"text":["a"],"label":"pos"}',
      '{"text":"a","label":null}',
      '{"__proto__":{"text":"a"},"label":"pos"}',
      '{"text":"z","label":"neg"}',
    ].join('\n'),
  );
  assert.equal(
    problems.map(({ line, message }) => [line, message.split(/[:(]/)[0]?.trim()]),
    [
      [2, 'not a JSON object'],
      [3, 'not a JSON object'],
      [4, 'a JSON array, not JSON Lines'],
      [5, 'not a JSON object'],
      [6, 'not a JSON object'],
      [7, 'no key "text"'],
      [8, 'no key "text"'],
      [9, '"text" is not a string'],
      [10, '"label" is not a string or number'],
      [11, 'no key "text"'],
    ],
  );
  assert.equal(
    rows.map(({ text }) => text),
    ['a', 'z'],
  );
});

jsonl('refuses a line without end before it fills the memory', async () => {
  const { error } = await complaint(read(`{"text":"a","label":"pos"}\n{"text":"${'b'.repeat(20 * 2 ** 20)}`));
  assert.match(error.message, /^r\.jsonl:2: the line is longer than 16 MiB/);
});

jsonl('reads 100 MB in a heap that could not hold the file', async () => {
  const context = dataFolder();
  const line = `${JSON.stringify({ text: 'never the whole file at once '.repeat(34), label: 'pos' })}\n`;
  const block = line.repeat(1000);
  const blocks = Math.ceil(100e6 / block.length);
  await pipeline(
    Readable.from(Array.from({ length: blocks }, () => block)),
    createGzip({ level: 1 }),
    createWriteStream(join(context.folder, 'big.jsonl.gz')),
  );
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=32', join(root, 'dist/test/support/count-rows.js'), join(context.folder, 'big.jsonl.gz')],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
  await once(child, 'close');
  assert.is(out, `${1000 * blocks} rows\n`);
});

jsonl.run();
