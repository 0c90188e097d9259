import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Context } from 'hono';
import { suite } from 'uvu';
import * as z from 'zod';
import { openCheckpoint, signCheckpoint } from '../../events/checkpoint.ts';
import { parseLog } from '../../events/log-branch.git.ts';
import { checkCommits } from '../../events/log-branch.ts';
import { decodeSegment, segmentPath } from '../../events/segments.ts';
import { parseTree } from '../../registry-repo/git-tree.ts';
import { Evidence, openEvidence } from '../../registry-repo/judge/evidence.ts';
import { Counts } from '../../registry-repo/values.ts';
import { seal } from '../../registry-repo/verdict/dsse.ts';
import { newSigningKey, publicKeyOf } from '../../registry-repo/verdict/keys.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import { parseJson, readBytes } from '../../server/body.ts';
import { Held } from '../../server/held.ts';
import { dataFolder, load } from '../support/data.ts';
import { assertLinear } from '../support/growth.ts';

const attacks = suite('attacks by what is read from archives, logs, verdicts and connections');

/** Refused soon is as good as read soon. */
const tolerate = async (read: () => unknown): Promise<void> => {
  try {
    await read();
  } catch {
    // Only how long it took counts.
  }
};
const text = (part: string, n: number): Buffer => Buffer.from(part.repeat(n / part.length));

const BLOCK = 512;
/** One block of a tar archive that says what follows. */
function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name.slice(0, 100), 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(`        ${type}`, 148);
  block.write('ustar\x0000', 257);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}
const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
const entry = (name: string, type: string, bytes: Buffer): Buffer =>
  Buffer.concat([header(name, bytes.length, type), padded(bytes)]);
const REVIEW = 'aclImdb/train/pos/0_9.txt';
const review = (i: number): Buffer => entry(`aclImdb/train/pos/${i}_9.txt`, '0', Buffer.from(`w${i}`));

/** Archives of about n bytes. */
const ARCHIVES: Readonly<Record<string, (n: number) => Buffer>> = {
  'empty entries': (n) => Buffer.concat(Array.from({ length: n / BLOCK }, (_, i) => header(`${i}`, 0, '0'))),
  'small reviews': (n) => Buffer.concat(Array.from({ length: n / BLOCK / 2 }, (_, i) => review(i))),
  'one review': (n) => entry(REVIEW, '0', text('word ', n)),
  'a long name': (n) => Buffer.concat([entry('././@LongLink', 'L', text('a/', n)), review(1)]),
  'long names': (n) =>
    Buffer.concat(Array<Buffer>(Math.ceil(n / BLOCK / 2)).fill(entry('././@LongLink', 'L', text('a/', 200)))),
  'records of a header': (n) => Buffer.concat([entry('pax', 'x', text('9 k=vvvv\n', n)), review(1)]),
  'a record without an end': (n) => Buffer.concat([entry('pax', 'x', text('9', n)), review(1)]),
  'headers for all': (n) =>
    Buffer.concat(Array<Buffer>(Math.ceil(n / BLOCK / 2)).fill(entry('pax', 'g', text('9 k=vvvv\n', 450)))),
  'nothing but zeros': (n) => Buffer.alloc(n),
};

for (const [name, make] of Object.entries(ARCHIVES))
  attacks(`attack 82: an archive of ${name}`, () =>
    assertLinear(
      name,
      600_000, // more than is read from a file at once
      (n) => dataFolder({ 'rows.tar': make(n) }),
      (context) => tolerate(() => load({ kind: 'imdb', path: 'rows.tar' }, context)),
    ),
  );

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signed = signCheckpoint({ origin: 'log', size: 1, root: Buffer.alloc(32) }, 'log', privateKey);
const [, signature = ''] = signed.split('\n\n');
/** Notes of about n characters. */
const NOTES: Readonly<Record<string, (n: number) => string>> = {
  'empty lines': (n) => '\n'.repeat(n),
  'lines of text': (n) => `${'a\n'.repeat(n / 2)}\n${signature}`,
  signatures: (n) => `log\n\n${signature.repeat(n / signature.length)}`,
  'signatures that end in none': (n) => `log\n\n${'— a\n'.repeat(n / 4)}b`,
  'signatures again and again': (n) => 'a\n\n— a\n'.repeat(n / 7),
  'parts of one signature': (n) => `log\n\n— log ${'a '.repeat(n / 2)}\n`,
};

for (const [name, make] of Object.entries(NOTES))
  attacks(`attack 82: a checkpoint of ${name}`, () =>
    assertLinear(name, 120_000, make, (note) => tolerate(() => openCheckpoint(note, { name: 'log', publicKey }))),
  );

const OID = 'a'.repeat(40);
const change = (path: string): string => `:000000 100644 ${OID} ${OID} A\0${path}\0`;
/** What git tells of a log's branch, about n bytes. */
const LOGS: Readonly<Record<string, (n: number) => string>> = {
  commits: (n) =>
    Array.from({ length: n / 200 }, (_, i) => `\x01${OID} ${i === 0 ? '' : OID}\0${change(segmentPath(i + 1))}`).join(
      '',
    ),
  'changes of one commit': (n) => `\x01${OID}\0${change('a').repeat(n / 100)}`,
  'parents of one commit': (n) => `\x01${`${OID} `.repeat(n / 41)}\0`,
  'fields that are none': (n) => '\n\0'.repeat(n / 2),
  'a path': (n) => `\x01${OID}\0${change('segments/'.repeat(n / 9))}`,
};

for (const [name, make] of Object.entries(LOGS))
  attacks(`attack 82: a log’s branch of ${name}`, () =>
    assertLinear(
      name,
      120_000,
      (n) => Buffer.from(make(n)),
      (bytes) => tolerate(() => checkCommits({ location: 'log' }, null, parseLog(bytes))),
    ),
  );

attacks('attack 82: segments and trees of a log', async () => {
  const read = (bytes: Buffer) => decodeSegment({ path: segmentPath(1), bytes });
  for (const [name, part] of [
    ['lines', '{}\n'],
    ['empty lines', '\n'],
    ['keys', '{"position":1,'],
    ['one line', 'a'],
  ] as const)
    await assertLinear(
      `a segment of ${name}`,
      120_000,
      (n) => text(part, n),
      (bytes) => tolerate(() => read(bytes)),
    );
  const oid = Buffer.alloc(20, 1);
  const file = Buffer.concat([Buffer.from('100644 a\0'), oid]);
  for (const [name, part] of [
    ['entries', file],
    ['spaces', Buffer.from(' ')],
    ['zeros', Buffer.alloc(1)],
    ['letters', Buffer.from('a')],
  ] as const)
    await assertLinear(
      `a tree of ${name}`,
      120_000,
      (n) => Buffer.concat(Array<Buffer>(Math.ceil(n / part.length)).fill(part)),
      (bytes) => tolerate(() => parseTree(bytes, 20, '')),
    );
});

const key = newSigningKey();
const keys = [publicKeyOf(key, { role: 'gate', from: '2026-01-01T00:00:00.000Z', until: null })];
const NOW = new Date('2026-06-01T00:00:00.000Z');
const statement = (evidence: string): Buffer =>
  seal('application/vnd.in-toto+json', Buffer.from(`{"predicate":{"pawl":{"evidence":${evidence}}}}`), key);
const many = (part: string, n: number): string => `[${Array<string>(Math.floor(n / (part.length + 1))).fill(part)}]`;
/** Verdicts of about n bytes, signed by a key that is trusted, but for the last two. */
const VERDICTS: Readonly<Record<string, (n: number) => Buffer>> = {
  'counts of labels': (n) => statement(`{"evaluation":{"perLabel":${many('1', n)},"distinct":${many('1', n)}}}`),
  labels: (n) => statement(`{"evaluation":{"labels":${many('"a"', n)}}}`),
  slices: (n) => statement(`{"measured":{"slices":${many('{"name":"short"}', n)}}}`),
  'rows of counts': (n) => statement(`{"claimed":{"confusion":${many('[1,2]', n)}}}`),
  'sparse rows': (n) => statement(`{"claimed":{"confusion":{"sparse":${many('"0:1"', n)}}}}`),
  'keys that nobody knows': (n) => statement(`{${Array.from({ length: n / 10 }, (_, i) => `"k${i}":1`).join()}}`),
  'a payload': (n) => Buffer.from(`{"payload":"${'A'.repeat(n - (n % 4))}","payloadType":"a","signatures":[]}`),
  signatures: (n) =>
    Buffer.from(`{"payload":"","payloadType":"a","signatures":${many(`{"keyid":"${key.id}","sig":"AAAA"}`, n)}}`),
};

for (const [name, make] of Object.entries(VERDICTS))
  attacks(`attack 82: a verdict of ${name}`, () =>
    assertLinear(name, 60_000, make, (bytes) => tolerate(() => openVerdict(bytes, keys, NOW))),
  );

attacks('attack 82: evidence and its counts', async () => {
  const row = (n: number) => Array.from({ length: n / 8 }, (_, i) => `${i}:1`).join(' ');
  await assertLinear('cells of a row', 60_000, row, (cells) => Counts.safeParse({ sparse: [cells, cells] }));
  const evidenceOf = (n: number) => ({
    evaluation: { perLabel: Array<number>(n / 8).fill(1) },
    measured: { slices: Array<object>(n / 8).fill({ candidate: [[1]] }) },
  });
  await assertLinear('evidence', 60_000, evidenceOf, (value) => {
    const read = Evidence.safeParse(value);
    if (read.success) openEvidence(read.data);
  });
});

/** A body that comes in pieces of so many bytes, as a connection brings it. */
const inPieces = (bytes: Buffer, size: number): Context => {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return { env: { incoming: Readable.from(pieces, { objectMode: false }) } } as unknown as Context;
};
const Body = z.strictObject({ texts: z.array(z.string()).max(64) });

for (const [name, make] of Object.entries<(n: number) => string>({
  texts: (n) => `{"texts":${many('"a"', n)}}`,
  'wrong texts': (n) => `{"texts":${many('1', n)}}`,
  'nothing but spaces': (n) => ' '.repeat(n),
}))
  attacks(`attack 82: a body of ${name}, byte by byte`, () =>
    assertLinear(
      name,
      12_000,
      (n) => inPieces(Buffer.from(make(n)), 1),
      (context) =>
        tolerate(() =>
          new Held(1_000_000).while(async (share) => parseJson(await readBytes(context, 1_000_000, share), Body)),
        ),
    ),
  );

attacks.run();
