import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CachedArtifacts } from '../../registry-repo/artifacts/artifacts.cached.ts';
import { LocalArtifacts } from '../../registry-repo/artifacts/artifacts.local.ts';
import { S3Artifacts } from '../../registry-repo/artifacts/artifacts.s3.ts';
import { ArtifactCorruptError, ArtifactStoreError } from '../../registry-repo/artifacts/errors.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import type { Digest } from '../../registry-repo/values.ts';
import { artifactsContract } from '../contract/artifacts.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { hasS3Server, S3Server } from '../support/s3.ts';
import { PATIENCE_MS } from '../support/until.ts';

const BUCKET = 'models';
const MIB = 1024 * 1024;
let server: S3Server;
let opened = 0;

const s3 = (over: Partial<ConstructorParameters<typeof S3Artifacts>[0]> = {}) =>
  new S3Artifacts({
    bucket: BUCKET,
    prefix: 'pawl',
    endpoint: server.endpoint,
    region: 'us-east-1',
    pathStyle: true,
    scratch: temporaryFolder(),
    attempts: 1,
    patience: { tries: 2, pauseMs: 10, stallMs: PATIENCE_MS },
    ...over,
  });

const objectOf = (prefix: string, digest: Digest): string => {
  const hex = digest.slice('sha256:'.length);
  return join(server.folder, BUCKET, prefix, 'sha256', hex.slice(0, 2), hex.slice(2));
};

async function open() {
  server ??= await S3Server.start(BUCKET);
  const prefix = `contract-${++opened}`;
  const damage = async (digest: Digest) => writeFileSync(objectOf(prefix, digest), 'other bytes');
  return { artifacts: s3({ prefix }), damage };
}

const there = hasS3Server();
const large = suite('artifacts in S3');
/** Nothing is tested where there is no server. */
const test: (name: string, work: () => Promise<void>) => void = there ? large : () => {};
large.before(async () => {
  if (there) server ??= await S3Server.start(BUCKET);
});
large.after(() => server?.kill());

test('large bytes travel in parts, with progress, and come back whole', async () => {
  const bytes = randomBytes(12 * MIB + 5);
  const seen: number[] = [];
  const store = s3({ prefix: 'large', partBytes: 5 * MIB, progress: ({ done }) => seen.push(done) });
  const digest = await store.put(bytes);
  assert.is(digest, digestOf(bytes));
  assert.equal(seen.at(-1), bytes.length);
  assert.ok(seen.length >= 3);
  assert.ok((await store.get(digest)).equals(bytes));
});

test('a server killed in the middle of an upload: the next put of the same bytes goes on', async () => {
  const bytes = randomBytes(30 * MIB);
  const kill = new Promise<void>((resolve) => {
    const store = s3({
      prefix: 'killed',
      partBytes: 5 * MIB,
      progress: ({ done }) => {
        if (done > 0) void server.kill().then(resolve);
      },
    });
    store.put(bytes).catch(() => {});
  });
  await kill;
  await server.up();
  const sent: number[] = [];
  const store = s3({ prefix: 'killed', partBytes: 5 * MIB, progress: ({ done }) => sent.push(done) });
  const digest = await store.put(bytes);
  assert.ok((await store.get(digest)).equals(bytes));
  assert.is(await store.sweep(new Date('2200-01-01T00:00:00Z')), 0, 'no unfinished upload is left');
});

test('bytes that were changed in the bucket are noticed, and put right by putting them again', async () => {
  const store = s3({ prefix: 'decay' });
  const digest = await store.put(Buffer.from('the right bytes'));
  writeFileSync(objectOf('decay', digest), 'wrong bytes');
  await rejects(store.get(digest), ArtifactCorruptError);
  await store.put(Buffer.from('the right bytes'));
  assert.is((await store.get(digest)).toString(), 'the right bytes');
});

test('wrong credentials and a bucket that is not there are errors that say what to do', async () => {
  const missing = await rejects(s3({ bucket: 'no-such-bucket' }).put(Buffer.from('x')), ArtifactStoreError);
  assert.match(missing.message, 'no-such-bucket');
  const right = process.env.AWS_SECRET_ACCESS_KEY;
  process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
  const refused = await rejects(s3().put(Buffer.from('x')), ArtifactStoreError);
  process.env.AWS_SECRET_ACCESS_KEY = right;
  assert.not.match(refused.message, 'wrong');
  assert.ok(refused.message.length > 20);
});

test('a folder in front keeps what was read, and is only a copy', async () => {
  const folder = temporaryFolder();
  const store = new CachedArtifacts(new LocalArtifacts(folder), s3({ prefix: 'cached' }));
  const digest = await store.put(Buffer.from('kept twice'));
  assert.ok(readdirSync(folder, { recursive: true }).length > 0);
  const fresh = new CachedArtifacts(new LocalArtifacts(temporaryFolder()), s3({ prefix: 'cached' }));
  assert.is((await fresh.get(digest)).toString(), 'kept twice');
  await server.kill();
  assert.is((await fresh.get(digest)).toString(), 'kept twice');
  await server.up();
});

if (there) artifactsContract('S3', open);
else console.log('SKIPPED the S3 server versitygw is not installed here');
large.run();
