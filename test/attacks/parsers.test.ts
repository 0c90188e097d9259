import { suite } from 'uvu';
import * as z from 'zod';
import { yamlLayer } from '../../pipeline/config/layers.ts';
import { normalise } from '../../pipeline/data/normalise.ts';
import { parseFile } from '../../registry-repo/file.ts';
import { Manifest } from '../../registry-repo/manifest.ts';
import { parseMergeMessage } from '../../registry-repo/merge-message.ts';
import { parseRows, rowKey } from '../../registry-repo/rows.ts';
import { readTokenizerFile } from '../../registry-repo/runtime/tokenizer-file.ts';
import { parseJson } from '../../server/body.ts';
import { dataFolder, load } from '../support/data.ts';
import { assertLinear, assertLinearInTime } from '../support/growth.ts';

const attacks = suite('attacks on parsers by inputs of their worst kinds');

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
/** JSON texts of about n bytes. */
const TEXTS: Readonly<Record<string, (n: number) => string>> = {
  'nested arrays': (n) => `${'['.repeat(n / 2)}${']'.repeat(n / 2)}`,
  'nested objects': (n) => `${'{"a":'.repeat(n / 6)}1${'}'.repeat(n / 6)}`,
  'arrays that never end': (n) => '['.repeat(n),
  'one key, again and again': (n) => `{${'"a":1,'.repeat(n / 6)}"a":1}`,
  'many keys': (n) => JSON.stringify(Object.fromEntries(Array.from({ length: n / 12 }, (_, i) => [`k${i}`, 1]))),
  escapes: (n) => `"${'\\u0000'.repeat(n / 6)}"`,
  'a number': (n) => '9'.repeat(n),
  lines: (n) => '{}\n'.repeat(n / 3),
  spaces: (n) => `${' '.repeat(n)}x`,
};
const tolerate = (parse: () => unknown): void => {
  try {
    parse();
  } catch {
    // Refused soon is as good as read soon.
  }
};
const Body = z.strictObject({ texts: z.array(z.string()).max(64) });

for (const [name, make] of Object.entries(TEXTS))
  attacks(`attack 82: JSON of ${name}`, async () => {
    for (const [parser, parse] of Object.entries<(bytes: Buffer) => unknown>({
      'a manifest': (bytes) => parseFile(Manifest, 'manifest.json', bytes),
      rows: parseRows,
      'a tokenizer': readTokenizerFile,
      'a body': (bytes) => parseJson(bytes, Body),
    }))
      await assertLinear(
        `${parser} of ${name}`,
        60_000,
        (n) => utf8(make(n)),
        (bytes) => tolerate(() => parse(bytes)),
      );
  });

/** Settings of about n bytes. */
const SETTINGS: Readonly<Record<string, (n: number) => string>> = {
  keys: (n) => Array.from({ length: n / 11 }, (_, i) => `k${i}: 1\n`).join(''),
  'keys on one line': (n) => `{${Array.from({ length: n / 11 }, (_, i) => `k${i}: 1,`).join('')}}`,
  'one key, again and again': (n) => '? a\n'.repeat(n / 4),
  'brackets that close nothing': (n) => ']'.repeat(n / 4),
  tags: (n) => '!a '.repeat(n / 3),
};

for (const [name, make] of Object.entries(SETTINGS))
  attacks(`attack 82: settings of ${name}`, () =>
    assertLinear(name, 120_000, make, (text) => yamlLayer(text, 'pawl.yaml')),
  );

attacks('attack 82: rows, texts and messages', async () => {
  for (const [name, make, parse] of [
    [
      'unsorted rows',
      (n) => Array.from({ length: n / 30 }, (_, i) => `{"label":"a","text":"${n - i}"}\n`).join(''),
      (t) => parseRows(utf8(t)),
    ],
    ['spaces in a text', (n) => ` \t${' '.repeat(n)}x`, rowKey],
    ['spaces at the end', (n) => ' \n'.repeat(n / 2), normalise],
    ['breaks without an end', (n) => '<br '.repeat(n / 4), normalise],
    ['paragraphs of a message', (n) => 'a\n\n'.repeat(n / 3), parseMergeMessage],
    ['line feeds of a message', (n) => `a${'\n'.repeat(n)}b`, parseMergeMessage],
    ['colons of a message', (n) => 'a:'.repeat(n / 2), parseMergeMessage],
    ['trailers of a message', (n) => Array.from({ length: n / 8 }, (_, i) => `k${i}: v`).join('\n'), parseMergeMessage],
  ] as const satisfies readonly (readonly [string, (n: number) => string, (text: string) => unknown])[])
    for (const holds of [assertLinear, assertLinearInTime])
      await holds(name, 60_000, make as (n: number) => string, (text) => tolerate(() => parse(text)));
});

/** Files of a data set, of about n bytes. */
const DATA: Readonly<Record<string, readonly ['csv' | 'jsonl', (n: number) => string]>> = {
  'quotes that never end': ['csv', (n) => `text,label\n"${'a\n'.repeat(n / 2)}`],
  'quotes of quotes': ['csv', (n) => `text,label\n"${'""'.repeat(n / 2)}",a\n`],
  columns: ['csv', (n) => `${'a,'.repeat(n / 2)}b\n`],
  'empty lines': ['csv', (n) => `text,label\n${'\n'.repeat(n)}`],
  'bad records': ['csv', (n) => `text,label\n${'a\n'.repeat(n / 2)}`],
  'one long line': ['jsonl', (n) => `{"text":"${'a'.repeat(n)}","label":"a"}`],
  'bad lines': ['jsonl', (n) => '[\n'.repeat(n / 2)],
  keys: ['jsonl', (n) => `{${'"a":1,'.repeat(n / 6)}"b":1}\n`],
};

for (const [name, [kind, make]] of Object.entries(DATA))
  attacks(`attack 82: a data set of ${name}`, () =>
    assertLinear(
      name,
      20_000,
      (n) => dataFolder({ [`rows.${kind}`]: make(n) }),
      (context) => load({ kind, train: `rows.${kind}`, test: `rows.${kind}` }, context).catch(() => {}),
    ),
  );

attacks.run();
