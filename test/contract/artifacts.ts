import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifacts, StoredArtifact } from '../../registry-repo/artifacts/artifacts.ts';
import {
  ArtifactCorruptError,
  ArtifactMissingError,
  ArtifactTooLargeError,
} from '../../registry-repo/artifacts/errors.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import type { Digest } from '../../registry-repo/values.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

type Context = { artifacts: Artifacts; damage: (digest: Digest) => Promise<void> };

const bytes = (text: string) => Buffer.from(text, 'utf8');
const nothing = digestOf('never put');
const future = new Date('2200-01-01T00:00:00Z');

async function listed(artifacts: Artifacts): Promise<StoredArtifact[]> {
  const all: StoredArtifact[] = [];
  for await (const artifact of artifacts.list()) all.push(artifact);
  return all.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

async function* chunks(...parts: (string | Error)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield bytes(part);
  }
}

/** What every place for artifacts must do. `open` gives a new, empty one, and a way to damage what is stored in it. */
export function artifactsContract(name: string, open: () => Promise<Context>): void {
  const contract = suite<Context>(`artifacts contract: ${name}`);
  contract.before.each(async (context) => {
    Object.assign(context, await open());
  });

  contract('gives back what was put, by the SHA-256 of the bytes', async ({ artifacts }) => {
    for (const content of [bytes('abc'), Buffer.alloc(0), Buffer.alloc(3_000_000, 'xyz')]) {
      const digest = await artifacts.put(content);
      assert.is(digest, digestOf(content));
      assert.ok((await artifacts.get(digest)).equals(content));
      assert.is(await artifacts.has(digest), true);
      assert.is(await artifacts.size(digest), content.length);
    }
    assert.is(
      await artifacts.put(bytes('abc')),
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  contract('stores streams as it stores bytes', async ({ artifacts }) => {
    assert.is(await artifacts.put(chunks('ab', '', 'c')), digestOf('abc'));
    const file = join(temporaryFolder(), 'large');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, Buffer.alloc(5_000_000, 'large'));
    const digest = await artifacts.put(createReadStream(file));
    assert.is(digest, digestOf(readFileSync(file)));
    assert.is(await artifacts.size(digest), 5_000_000);
  });

  contract('stores nothing when a stream fails, and says why', async ({ artifacts }) => {
    const broken = new Error('the source broke');
    const error = await rejects(artifacts.put(chunks('half', broken)), Error);
    assert.is(error, broken);
    assert.equal(await listed(artifacts), []);
  });

  contract('copies to a file, whole and checked', async ({ artifacts }) => {
    const digest = await artifacts.put(Buffer.alloc(1_000_000, 'copy'));
    const file = join(temporaryFolder(), 'model.onnx');
    await artifacts.copy(digest, file);
    assert.is(digestOf(readFileSync(file)), digest);
  });

  contract('says so when nothing has a digest', async ({ artifacts }) => {
    assert.is(await artifacts.has(nothing), false);
    assert.is(await artifacts.size(nothing), null);
    assert.match((await rejects(artifacts.get(nothing), ArtifactMissingError)).message, nothing);
    const file = join(temporaryFolder(), 'x');
    await rejects(artifacts.copy(nothing, file), ArtifactMissingError);
    assert.is(existsSync(file), false);
  });

  contract('refuses to read more than the caller wants', async ({ artifacts }) => {
    const digest = await artifacts.put(bytes('12345'));
    assert.is((await artifacts.get(digest, 5)).length, 5);
    await rejects(artifacts.get(digest, 4), ArtifactTooLargeError);
    const file = join(temporaryFolder(), 'x');
    await rejects(artifacts.copy(digest, file, 4), ArtifactTooLargeError);
    assert.is(existsSync(file), false);
  });

  contract('never gives out bytes that have changed, and takes the right ones again', async (context) => {
    const { artifacts, damage } = context;
    const digest = await artifacts.put(bytes('the truth'));
    await damage(digest);
    await rejects(artifacts.get(digest), ArtifactCorruptError);
    const file = join(temporaryFolder(), 'x');
    await rejects(artifacts.copy(digest, file), ArtifactCorruptError);
    assert.is(existsSync(file), false);
    await artifacts.put(bytes('the truth'));
    assert.is((await artifacts.get(digest)).toString(), 'the truth');
  });

  contract('takes the same bytes from many at once', async ({ artifacts }) => {
    const content = Buffer.alloc(200_000, 'same');
    const digests = await Promise.all(
      Array.from({ length: 20 }, (_, i) => artifacts.put(i % 2 ? content : chunks(content.toString()))),
    );
    assert.is(new Set(digests).size, 1);
    assert.equal(
      (await listed(artifacts)).map((a) => [a.digest, a.sizeBytes]),
      [[digestOf(content), content.length]],
    );
    assert.ok((await artifacts.get(digestOf(content))).equals(content));
  });

  contract('lists everything, with size and age', async ({ artifacts }) => {
    const start = new Date(Date.now() - 2000);
    for (let i = 0; i < 20; i++) await artifacts.put(bytes(`artifact ${i}`));
    const all = await listed(artifacts);
    assert.equal(
      all.map((a) => a.digest),
      Array.from({ length: 20 }, (_, i) => digestOf(`artifact ${i}`)).sort(),
    );
    assert.ok(all.every((a) => a.storedAt >= start && a.sizeBytes >= 10));
  });

  contract('removes, and removing what is gone changes nothing', async ({ artifacts }) => {
    const digest = await artifacts.put(bytes('gone soon'));
    assert.is(await artifacts.remove(digest), true);
    assert.is(await artifacts.has(digest), false);
    assert.is(await artifacts.remove(digest), false);
    assert.is(await artifacts.put(bytes('gone soon')), digest);
  });

  contract('keeps what was put after the moment up to which it may remove', async ({ artifacts }) => {
    const digest = await artifacts.put(bytes('young'));
    assert.is(await artifacts.remove(digest, new Date(Date.now() - 60_000)), false);
    assert.is((await artifacts.get(digest)).toString(), 'young');
    assert.is(await artifacts.remove(digest, future), true);
  });

  contract.run();
}
