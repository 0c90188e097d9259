import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ARCHIVE, imdbSource } from '../../../pipeline/data/imdb.ts';
import { DataOptions, type OptionsOf } from '../../../pipeline/data/options.ts';
import { fewReviews, tarGzOf, tarOf } from '../../support/archive.ts';
import { complaint, dataFolder, drain, load } from '../../support/data.ts';
import { flakyServer, whole } from '../../support/flaky-server.ts';
import { imdbArchive } from '../../support/imdb.ts';

const optionsOf = (over: Record<string, unknown>) => DataOptions.parse({ kind: 'imdb', ...over }) as OptionsOf<'imdb'>;
const expected = ['test neg Dull.', 'test pos Fine.', 'train neg Bad.<br /><br />Very bad.', 'train neg Worse.'].concat(
  ['train pos Better.', 'train pos Good.'],
);

async function read(files: Record<string, string | Uint8Array>, path: string) {
  const { rows, problems } = await drain(imdbSource(optionsOf({ path })), dataFolder(files));
  return { rows: rows.map(({ split, label, text }) => `${split} ${label} ${text}`).sort(), problems };
}

const imdb = suite('imdb');

imdb('reads the reviews of an archive and nothing else in it', async () => {
  const archive = await tarGzOf(fewReviews);
  assert.equal((await read({ 'a.tar.gz': archive }, 'a.tar.gz')).rows, expected);
  assert.equal((await read({ 'a.tar': await tarOf(fewReviews) }, 'a.tar')).rows, expected);
});

imdb('reads the unpacked folder, from above or from inside, whole or in part', async () => {
  const below = Object.fromEntries(Object.entries(fewReviews).map(([name, text]) => [`data/${name}`, text]));
  for (const path of ['data', 'data/aclImdb']) assert.equal((await read(below, path)).rows, expected);
  const testOnly = Object.fromEntries(Object.entries(below).filter(([name]) => name.includes('/test/')));
  assert.equal((await read(testOnly, 'data')).rows, expected.slice(0, 2));
});

imdb('fetches the archive when no copy is given, and reads it', async () => {
  const archive = await tarGzOf(fewReviews);
  const hex = createHash('md5').update(archive).digest('hex');
  const content = { ...ARCHIVE, name: 'a.tar.gz', bytes: archive.length, checksum: { algorithm: 'md5' as const, hex } };
  const server = await flakyServer(whole(archive));
  const context = dataFolder();
  const source = imdbSource(optionsOf({ url: server.url }), content);
  assert.is(source.location, server.url);
  for (let time = 0; time < 2; time++) assert.is((await drain(source, context)).rows.length, expected.length);
  await server.close();
  assert.is(server.ranges.length, 1);
  assert.equal(readdirSync(context.cacheFolder), ['a.tar.gz']);
});

imdb('the published archive is known to the byte', () => {
  assert.is(ARCHIVE.bytes, 84_125_825);
  assert.is(ARCHIVE.checksum.hex, '7c2ac02c03563afcf9b574c7e56c153a');
  assert.is(optionsOf({}).url, 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz');
});

imdb('a broken, cut or foreign archive is told apart', async () => {
  const files = { ...fewReviews, 'aclImdb/train/pos/2_9.txt': 'long '.repeat(100_000) };
  const tar = await tarOf(files);
  const gz = gzipSync(tar);
  const message = async (bytes: Buffer) => (await complaint(read({ 'a.tar.gz': bytes }, 'a.tar.gz'))).error.message;
  assert.match(await message(gz.subarray(0, gz.length - 20)), /^a\.tar\.gz: the compressed data ends too early/);
  const damaged = Buffer.from(gz);
  damaged.fill(0xff, 200, 300);
  assert.match(await message(damaged), /^a\.tar\.gz: the compressed data is damaged: copy or download/);
  assert.match(await message(gzipSync(tar.subarray(0, tar.length - 200_000))), /^a\.tar\.gz: the archive is cut off/);
  assert.match(await message(Buffer.from('<html>not found</html>'.repeat(100))), /^a\.tar\.gz: not a tar archive/);
  assert.match(await message(Buffer.alloc(0)), /^a\.tar\.gz: the file is empty/);
  assert.match(await message(await tarGzOf({ 'x/README': 'x' })), /^a\.tar\.gz: no reviews here: the layout must be/);
});

imdb('a path that leads nowhere or to no reviews is said plainly', async () => {
  assert.match(
    (await complaint(read({}, 'gone.tar.gz'))).error.message,
    /^gone\.tar\.gz: there is no such file or folder/,
  );
  assert.match((await complaint(read({ 'd/x/1': 'x' }, 'd'))).error.message, /^d: no reviews here/);
});

imdb('names the review that is not UTF-8', async () => {
  const archive = await tarGzOf({ ...fewReviews, 'aclImdb/train/pos/2_9.txt': Buffer.from('ok\ncaf\u00e9', 'latin1') });
  const { problems } = await read({ 'a.tar.gz': archive }, 'a.tar.gz');
  assert.equal(
    problems.map(({ file, line }) => [file, line]),
    [['a.tar.gz/aclImdb/train/pos/2_9.txt', 2]],
  );
});

const real = imdbArchive();

imdb('reads 30,000 real reviews, the same every time', async () => {
  if (real === null) {
    process.stdout.write('SKIPPED the real film reviews: none here (PAWL_TEST_IMDB=FILE names the archive)\n');
    return;
  }
  const { facts, train, test, trainKeys } = await load({ kind: 'imdb', path: real }, dataFolder());
  assert.equal(facts.labels, ['neg', 'pos']);
  assert.equal([train.length, test.length, (trainKeys as Uint8Array).length / 8], [25_000, 5_000, 24_901]);
  const { digest: ofTrain, ...countsOfTrain } = facts.splits.train;
  const { digest: ofTest, ...countsOfTest } = facts.splits.test;
  assert.equal(countsOfTrain, { rows: 25_000, labels: { neg: 12_500, pos: 12_500 }, duplicates: 99 });
  assert.equal(countsOfTest, { rows: 5_000, labels: { neg: 2_500, pos: 2_500 }, duplicates: 8 });
  assert.is(facts.leakage.rows, 27);
  assert.is(ofTrain, 'sha256:0780d4b1c9509f8d8e706315057bd4056fb8ef990bb621722b16ed48fa18726c');
  assert.is(ofTest, 'sha256:95339c38ca7940ea57d201bd08077a19e9b8fbbe87304112f0a0e4fa3d9a44ed');
});

imdb.run();
