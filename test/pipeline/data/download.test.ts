import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Content, download, type Patience } from '../../../pipeline/data/download.ts';
import { ARCHIVE } from '../../../pipeline/data/imdb.ts';
import { DownloadError } from '../../../pipeline/errors.ts';
import {
  type Answer,
  alwaysWhole,
  cut,
  dripping,
  type FlakyServer,
  flakyServer,
  fromElsewhere,
  stalled,
  status,
  truncated,
  whole,
} from '../../support/flaky-server.ts';
import { ManualTime } from '../../support/manual-time.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { rejects } from '../../support/rejects.ts';
import { until } from '../../support/until.ts';

const bytes = randomBytes(300_000);
const content: Content = {
  name: 'archive.tar.gz',
  bytes: bytes.length,
  checksum: { algorithm: 'md5', hex: createHash('md5').update(bytes).digest('hex') },
  advice: ARCHIVE.advice,
};
const patience: Patience = { tries: 3, pauseMs: 1, stallMs: 200, later: new ManualTime().later };

const downloads = suite('download');
const servers: FlakyServer[] = [];
downloads.after(async () => {
  for (const server of servers) await server.close();
});

async function attempt(
  answers: Answer[],
  cacheFolder = join(temporaryFolder(), 'cache'),
  over: Partial<Patience> = {},
  time = new ManualTime(),
  onStep = () => {},
) {
  const server = await flakyServer(...answers);
  servers.push(server);
  const steps: number[] = [];
  const signal = new AbortController().signal;
  const progress = ({ done }: { done: number }) => {
    steps.push(done);
    server.client.received = done;
    onStep();
  };
  const context = { cacheFolder, signal, progress };
  const loading = download(server.url, content, context, { ...patience, later: time.later, ...over });
  return { server, cacheFolder, loading, steps };
}

const isWhole = (file: string) => assert.ok(readFileSync(file).equals(bytes));

downloads('fetches once, tells how far it is, and then uses what it has', async () => {
  const { server, loading, cacheFolder, steps } = await attempt([whole(bytes)]);
  const file = await loading;
  isWhole(file);
  assert.equal(readdirSync(cacheFolder), ['archive.tar.gz']);
  assert.ok(
    steps.length > 1 && steps.at(-1) === bytes.length && steps.every((n, i) => i === 0 || n > (steps[i - 1] as number)),
  );
  const again = await attempt([status(500)], cacheFolder);
  isWhole(await again.loading);
  assert.is(again.server.ranges.length + server.ranges.length, 1);
});

downloads('goes on where a cut connection left off', async () => {
  const { server, loading } = await attempt([cut(bytes, 100_000), cut(bytes, 50_000), whole(bytes)]);
  isWhole(await loading);
  assert.equal(server.ranges, ['', 'bytes=100000-', 'bytes=150000-']);
});

downloads('a later run goes on where an earlier one gave up', async () => {
  const first = await attempt([cut(bytes, 90_000), cut(bytes, 90_000), status(503)]);
  const error = await rejects(first.loading, DownloadError);
  assert.match(
    error.message,
    /in 3 tries \(the server answered 503\): run again to continue; without the network, .*--data FILE\.tar\.gz/,
  );
  assert.equal(readdirSync(first.cacheFolder), ['archive.tar.gz.part']);
  const second = await attempt([whole(bytes)], first.cacheFolder);
  isWhole(await second.loading);
  assert.equal(second.server.ranges, ['bytes=180000-']);
  assert.equal(readdirSync(first.cacheFolder), ['archive.tar.gz']);
});

downloads('starts afresh where the server cannot continue', async () => {
  isWhole(await (await attempt([cut(bytes, 100_000), alwaysWhole(bytes)])).loading);
  isWhole(await (await attempt([cut(bytes, 100_000), status(416), whole(bytes)])).loading);
  isWhole(await (await attempt([cut(bytes, 100_000), fromElsewhere(bytes), whole(bytes)])).loading);
});

downloads('a body that ends too early is no file', async () => {
  isWhole(await (await attempt([truncated(bytes, 1000), whole(bytes)])).loading);
  const { loading, cacheFolder } = await attempt([truncated(bytes, 1000)]);
  const error = await rejects(loading, DownloadError);
  assert.match(error.message, /the connection ended after 1000 of 300000 bytes/);
  assert.not(existsSync(join(cacheFolder, 'archive.tar.gz')));
});

downloads('a slow server is waited for', async () => {
  const time = new ManualTime();
  const almost = () => time.pass(patience.stallMs - 1);
  const { loading, server, steps } = await attempt([dripping(bytes, 6, 1)], undefined, {}, time, almost);
  isWhole(await loading);
  assert.is(server.ranges.length, 1);
  assert.ok(steps.length > 1, 'it took far longer than a server may be silent');
});

downloads('a silent server is given up and asked again', async () => {
  const time = new ManualTime();
  const { loading, server, steps } = await attempt([stalled(bytes, 1000), whole(bytes)], undefined, {}, time);
  await until(() => steps.at(-1) === 1000);
  time.pass(patience.stallMs);
  isWhole(await loading);
  assert.is(server.ranges.length, 2);
  const deaf = await attempt([() => {}], undefined, { tries: 1 }, time);
  await until(() => deaf.server.ranges.length === 1);
  time.pass(patience.stallMs);
  assert.match((await rejects(deaf.loading, DownloadError)).message, /the server stopped answering/);
});

downloads('other bytes of the same size are refused and thrown away', async () => {
  const { loading, cacheFolder } = await attempt([whole(Buffer.alloc(bytes.length, 1))]);
  const error = await rejects(loading, DownloadError);
  assert.match(
    error.message,
    new RegExp(`is not archive\\.tar\\.gz: md5 [0-9a-f]{32}, expected ${content.checksum.hex}; nothing was kept`),
  );
  assert.equal(readdirSync(cacheFolder), []);
  isWhole(await (await attempt([whole(bytes)], cacheFolder)).loading);
});

downloads('a beginning that is not this file’s ends in a clean restart, not in a loop', async () => {
  const cacheFolder = temporaryFolder();
  writeFileSync(join(cacheFolder, 'archive.tar.gz.part'), Buffer.alloc(1000, 7));
  assert.match((await rejects((await attempt([whole(bytes)], cacheFolder)).loading, DownloadError)).message, /md5/);
  isWhole(await (await attempt([whole(bytes)], cacheFolder)).loading);
  const complete = temporaryFolder();
  writeFileSync(join(complete, 'archive.tar.gz.part'), Buffer.alloc(bytes.length, 7));
  assert.match((await rejects((await attempt([whole(bytes)], complete)).loading, DownloadError)).message, /md5/);
  isWhole(await (await attempt([whole(bytes)], complete)).loading);
  const tooLong = temporaryFolder();
  writeFileSync(join(tooLong, 'archive.tar.gz.part'), Buffer.alloc(bytes.length + 1, 7));
  isWhole(await (await attempt([whole(bytes)], tooLong)).loading);
});

downloads('an address that will not do is said at once', async () => {
  for (const [answer, expected] of [
    [status(404), /answered 404: check the address: .*\(data\.url\); without the network/],
    [whole(Buffer.alloc(10)), /offers 10 bytes \(plain\), but archive\.tar\.gz has 300000/],
  ] as const) {
    const { loading, server, cacheFolder } = await attempt([answer]);
    assert.match((await rejects(loading, DownloadError)).message, expected);
    assert.is(server.ranges.length, 1);
    assert.equal(readdirSync(cacheFolder), []);
  }
});

downloads('without a network it says what to do', async () => {
  const server = await flakyServer(whole(bytes));
  await server.close();
  const context = { cacheFolder: temporaryFolder(), signal: new AbortController().signal, progress: () => {} };
  const error = await rejects(download(server.url, content, context, patience), DownloadError);
  assert.match(error.message, /^could not download http:.* \(ECONNREFUSED\): .*--data FILE\.tar\.gz$/);
});

downloads('stops when told to, and keeps what it has', async () => {
  const server = await flakyServer(stalled(bytes, 100_000));
  servers.push(server);
  const stop = new AbortController();
  const cacheFolder = temporaryFolder();
  const context = { cacheFolder, signal: stop.signal, progress: () => stop.abort(new Error('enough')) };
  const error = await rejects(download(server.url, content, context, patience), Error);
  assert.is(error.message, 'enough');
  assert.ok(existsSync(join(cacheFolder, 'archive.tar.gz.part')));
});

downloads('two at once in one folder both get the file', async () => {
  for (let round = 0; round < 5; round++) {
    const cacheFolder = temporaryFolder();
    const [one, other] = await Promise.all([
      attempt([cut(bytes, 120_000), whole(bytes)], cacheFolder),
      attempt([whole(bytes)], cacheFolder),
    ]);
    for (const file of await Promise.all([one.loading, other.loading])) isWhole(file);
  }
});

downloads('a cache folder that cannot be one is named', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const inFile = await attempt([whole(bytes)], join(folder, 'file', 'cache'));
  assert.match(
    (await rejects(inFile.loading, DownloadError)).message,
    /^cannot keep archive\.tar\.gz in .* \(ENOTDIR\): check/,
  );
  mkdirSync(join(folder, 'archive.tar.gz'));
  const taken = await attempt([whole(bytes)], folder);
  assert.match((await rejects(taken.loading, DownloadError)).message, /^cannot keep archive\.tar\.gz/);
});

downloads.run();
