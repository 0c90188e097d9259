import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LocalArtifacts } from '../../registry-repo/artifacts/artifacts.local.ts';
import { collect } from '../../registry-repo/artifacts/collect.ts';
import { ArtifactStoreError } from '../../registry-repo/artifacts/errors.ts';
import { syncFolder } from '../../registry-repo/artifacts/files.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import type { Digest } from '../../registry-repo/values.ts';
import { artifactsContract } from '../contract/artifacts.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const fileOf = (folder: string, digest: Digest) => join(folder, 'sha256', digest.slice(7, 9), digest.slice(9));

artifactsContract('local folder', async () => {
  const folder = join(temporaryFolder(), 'artifacts');
  return {
    artifacts: new LocalArtifacts(folder),
    damage: async (digest) => {
      chmodSync(fileOf(folder, digest), 0o644);
      writeFileSync(fileOf(folder, digest), 'the lie!!');
    },
  };
});

const local = suite('local artifacts');
const bytes = (text: string) => Buffer.from(text, 'utf8');
const old = new Date('2026-01-01T00:00:00Z');
const grace = new Date('2026-01-02T00:00:00Z');

local('are files that anyone can check with sha256sum, and nobody writes by accident', async () => {
  const folder = temporaryFolder();
  const digest = await new LocalArtifacts(folder).put(bytes('abc'));
  assert.is(
    readFileSync(join(folder, 'sha256/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'), 'utf8'),
    'abc',
  );
  assert.equal(readdirSync(join(folder, 'tmp')), []);
  assert.is(digest.length, 71);
});

local('says what is wrong with the place', async () => {
  const folder = join(temporaryFolder(), 'file');
  writeFileSync(folder, '');
  const error = await rejects(new LocalArtifacts(folder).put(bytes('abc')), ArtifactStoreError);
  assert.is(error.reason, 'unusable');
  assert.match(error.message, folder);
});

local('counts on no sync of a folder where a file system has none, and hides no other failure', async () => {
  const closed: string[] = [];
  const failing = (code: string) => async () => ({
    sync: () => Promise.reject(Object.assign(new Error(code), { code, syscall: 'fsync' })),
    close: async () => void closed.push(code),
  });
  for (const code of ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']) await syncFolder('/', failing(code));
  await rejects(syncFolder('/', failing('EIO')), Error);
  assert.equal(closed, ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EIO']);
});

local('tells a full disk and missing permissions apart', async () => {
  for (const [code, reason] of [
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['EACCES', 'forbidden'],
    ['EROFS', 'forbidden'],
    ['EIO', 'unusable'],
  ]) {
    const folder = temporaryFolder();
    const artifacts = new LocalArtifacts(folder);
    // biome-ignore lint/correctness/useYield: it fails before it yields, as a write does on a full disk
    const failing = (async function* (): AsyncIterable<Uint8Array> {
      throw Object.assign(new Error(`${code}: write`), { code, syscall: 'write' });
    })();
    const error = await rejects(artifacts.put(failing), ArtifactStoreError);
    assert.is(error.reason, reason);
    assert.equal(readdirSync(join(folder, 'tmp')), [], 'nothing half-written stays');
  }
});

local('skips files that are none of its own', async () => {
  const folder = temporaryFolder();
  const artifacts = new LocalArtifacts(folder);
  const digest = await artifacts.put(bytes('mine'));
  mkdirSync(join(folder, 'sha256/zz'));
  writeFileSync(join(folder, 'sha256/.DS_Store'), '');
  writeFileSync(join(folder, 'sha256', digest.slice(7, 9), 'notes.txt'), '');
  const listed: string[] = [];
  for await (const artifact of artifacts.list()) listed.push(artifact.digest);
  assert.equal(listed, [digest]);
});

local('a put that is killed leaves nothing but a piece to sweep', async () => {
  const folder = temporaryFolder();
  const program = fileURLToPath(new URL('../support/put-slowly.js', import.meta.url));
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  assert.is(existsSync(join(folder, 'sha256')), false);
  assert.is(readdirSync(join(folder, 'tmp')).length, 1);
  const artifacts = new LocalArtifacts(folder);
  assert.is(await artifacts.sweep(old), 0);
  assert.is(await artifacts.sweep(new Date(Date.now() + 1000)), 1);
  assert.equal(readdirSync(join(folder, 'tmp')), []);
});

const collecting = suite('collecting artifacts');

async function storeOf(ages: Readonly<Record<string, Date>>) {
  const folder = temporaryFolder();
  const artifacts = new LocalArtifacts(folder);
  for (const [content, age] of Object.entries(ages)) {
    const digest = await artifacts.put(bytes(content));
    utimesSync(fileOf(folder, digest), age, age);
  }
  return artifacts;
}

collecting('removes what is old and referred to by nothing, and only that', async () => {
  const artifacts = await storeOf({ wanted: old, young: grace, doomed: old });
  const options = { referenced: new Set([digestOf('wanted'), digestOf('elsewhere')]), before: grace };
  const plan = await collect(artifacts, { ...options, dryRun: true });
  assert.equal(
    plan.removed.map((a) => a.digest),
    [digestOf('doomed')],
  );
  assert.is(await artifacts.has(digestOf('doomed')), true);
  const done = await collect(artifacts, options);
  assert.equal([done.removed.length, done.kept, done.bytesFreed, done.swept], [1, 2, 6, 0]);
  assert.equal(await Promise.all(['wanted', 'young', 'doomed'].map((c) => artifacts.has(digestOf(c)))), [
    true,
    true,
    false,
  ]);
});

collecting('spares what another process puts again between its look and its removal', async () => {
  const { folder } = await storeOf({ again: old });
  let looks = 0;
  class Racing extends LocalArtifacts {
    protected override async wasPutBefore(moment: Date, file: string): Promise<boolean> {
      const before = await super.wasPutBefore(moment, file);
      if (looks++ === 0) await this.put(bytes('again'));
      return before;
    }
  }
  const racing = new Racing(folder);
  const { removed } = await collect(racing, { referenced: new Set(), before: grace });
  assert.equal([removed, looks], [[], 2]);
  assert.is((await racing.get(digestOf('again'))).toString(), 'again');
});

local.run();
collecting.run();
