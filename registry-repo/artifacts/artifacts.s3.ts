import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Digest } from '../values.ts';
import type { StoredArtifact } from './artifacts.ts';
import { Connection, nameOf, type Place, statusOf } from './connection.s3.ts';
import { ArtifactMissingError, ArtifactStoreError } from './errors.ts';
import { hexOf } from './files.ts';
import { gathered, type Opened, PATIENCE, type Patience, receive, writtenTo } from './receive.ts';
import { type RemoteArtifacts, type Source, type Transfer, withSource } from './source.ts';
import { endUpload, isOvertaken, unfinishedUploads, uploadParts } from './upload.s3.ts';

export type S3Options = Place & {
  /** Folder in the bucket, e.g. `pawl`; empty for none. */
  readonly prefix: string;
  /** Larger bytes are sent in parts of this size; S3 requires 5 MiB at least. Four parts are in memory. */
  readonly partBytes?: number;
  /** Folder where streams are stored until their digest is known. */
  readonly scratch?: string;
  readonly patience?: Patience;
  readonly progress?: (transfer: Transfer) => void;
};

const PART_BYTES = 16 * 1024 ** 2;
const WIDTH = 4;
/** Servers give times in whole seconds. */
const SECOND_MS = 1000;
/** A removal takes far less. One that is older has died, and its mark no longer counts. */
const REMOVAL_MS = 20_000;
const DEAD_REMOVAL_MS = 60_000;

type Found = {
  readonly sizeBytes: number;
  readonly storedAt: Date;
  readonly eTag: string;
  readonly sha256: string | null;
};

/**
 * A bucket of any S3-compatible server: `<prefix>/sha256/ab/cdef…`. A put sends its bytes even if they are there
 * already: that makes them young and repairs damage. For large bytes, the server copies its own parts instead, and only
 * damaged parts are sent, so that putting them again costs no transfer.
 *
 * A mark under `<prefix>/removing/` keeps a removal and a put of the same bytes apart: the remover sets it before it
 * looks at the age again, the put looks for it after it has stored. So one of the two always sees the other.
 */
export class S3Artifacts implements RemoteArtifacts {
  readonly #connection: Connection;
  readonly #options: S3Options;
  readonly #folder: string;
  #bucketSeen: Promise<unknown> | undefined;

  constructor(options: S3Options) {
    this.#options = options;
    this.#connection = new Connection(options);
    const prefix = options.prefix.replace(/^\/+|\/+$/g, '');
    this.#folder = prefix === '' ? '' : `${prefix}/`;
  }

  async put(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Digest> {
    return withSource(bytes, this.#options.scratch ?? tmpdir(), async (source) => {
      await this.upload(source);
      return source.digest;
    });
  }

  async upload(source: Source): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#send(source);
        await this.#removalOver(source.digest);
        const found = await this.#find(source.digest);
        if (found && isWhole(found, source)) return;
        if (tries >= 3)
          throw new ArtifactStoreError(
            'unusable',
            `the bucket ${this.#options.bucket} took ${source.digest} and does not have it now: look for a rule or a program that removes it`,
          );
      } catch (error) {
        if (tries >= 3 || !isOvertaken(error)) throw error;
      }
    }
  }

  async get(digest: Digest, maxBytes = Number.MAX_SAFE_INTEGER): Promise<Buffer> {
    return gathered(this.#receive(digest, maxBytes));
  }

  async copy(digest: Digest, file: string, maxBytes = Number.MAX_SAFE_INTEGER): Promise<void> {
    const found = await this.#find(digest);
    if (!found) throw this.#missing(digest);
    await writtenTo(file, this.#receive(digest, maxBytes));
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.#find(digest)) !== null;
  }

  async size(digest: Digest): Promise<number | null> {
    return (await this.#find(digest))?.sizeBytes ?? null;
  }

  async *list(): AsyncIterable<StoredArtifact> {
    for await (const { key, sizeBytes, storedAt } of this.#objects('sha256/')) {
      const [, fan, rest] = /^sha256\/([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(key) ?? [];
      if (fan && rest) yield { digest: `sha256:${fan}${rest}`, sizeBytes, storedAt };
    }
  }

  async remove(digest: Digest, before?: Date): Promise<boolean> {
    if (!(await this.has(digest))) return false;
    if (before && !(await this.wasPutBefore(before, digest))) return false;
    const mark = this.#markOf(digest);
    const started = performance.now();
    await this.#put(mark, new Uint8Array());
    try {
      if (before && !(await this.wasPutBefore(before, digest))) return false;
      if (performance.now() - started > REMOVAL_MS) return false; // a put that runs now may have stopped waiting for the mark
      await this.#delete(this.#keyOf(digest));
      return true;
    } finally {
      await this.#delete(mark);
    }
  }

  async sweep(before: Date): Promise<number> {
    let removed = 0;
    for await (const upload of unfinishedUploads(this.#connection, this.#folder))
      if (upload.Initiated && upload.Initiated < before && (await endUpload(this.#connection, upload))) removed++;
    for await (const { key, storedAt } of this.#objects('removing/')) {
      if (storedAt >= before) continue;
      await this.#delete(`${this.#folder}${key}`);
      removed++;
    }
    return removed;
  }

  /** Whether the object exists and was last put before a moment. */
  protected async wasPutBefore(moment: Date, digest: Digest): Promise<boolean> {
    const found = await this.#find(digest);
    return found !== null && found.storedAt.getTime() + SECOND_MS <= moment.getTime();
  }

  async #send(source: Source): Promise<void> {
    const { partBytes = PART_BYTES } = this.#options;
    const { digest, sizeBytes } = source;
    const report = (done: number) => this.#options.progress?.({ direction: 'upload', digest, done, total: sizeBytes });
    if (sizeBytes > partBytes) {
      const found = await this.#find(digest);
      const existing = found?.sizeBytes === sizeBytes ? found.eTag : null;
      const key = this.#keyOf(digest);
      return uploadParts({ connection: this.#connection, key, source, partBytes, width: WIDTH, existing, report });
    }
    const bytes = await source.read(0, sizeBytes);
    await this.#put(this.#keyOf(digest), bytes, Buffer.from(hexOf(digest), 'hex').toString('base64'));
    report(sizeBytes);
  }

  async #put(key: string, bytes: Uint8Array, sha256?: string): Promise<void> {
    await this.#connection.ask('store an artifact', (client, sdk) =>
      client.send(
        new sdk.PutObjectCommand({
          Bucket: this.#connection.bucket,
          Key: key,
          Body: bytes,
          ContentLength: bytes.length,
          ContentType: 'application/octet-stream',
          ...(sha256 ? { ChecksumSHA256: sha256 } : {}),
        }),
      ),
    );
  }

  /** Waits until no process is about to remove it. */
  async #removalOver(digest: Digest): Promise<void> {
    const started = performance.now();
    while (await this.#head(this.#markOf(digest))) {
      if (performance.now() - started > DEAD_REMOVAL_MS) return;
      await pause(200);
    }
  }

  #receive(digest: Digest, maxBytes: number): AsyncGenerator<Uint8Array> {
    const { patience = PATIENCE, progress } = this.#options;
    return receive({ digest, maxBytes, patience, progress, open: (from) => this.#open(digest, from, maxBytes) });
  }

  async #open(digest: Digest, from: number, maxBytes: number): Promise<Opened> {
    try {
      const answer = await this.#connection.ask(`read ${digest}`, (client, sdk) =>
        client.send(
          new sdk.GetObjectCommand({
            Bucket: this.#connection.bucket,
            Key: this.#keyOf(digest),
            ...(from > 0 ? { Range: `bytes=${from}-` } : {}),
          }),
        ),
      );
      const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
      if (!body) throw new ArtifactStoreError('unusable', `the server sent no body for ${digest}: run again`);
      const [, begin, all] = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.ContentRange ?? '') ?? [];
      const sizeBytes = all === undefined ? (answer.ContentLength ?? 0) : Number(all);
      if (sizeBytes > maxBytes) body.destroy();
      return { sizeBytes, from: begin === undefined ? 0 : Number(begin), body };
    } catch (error) {
      if (nameOf((error as { cause?: unknown }).cause) === 'NoSuchKey') throw this.#missing(digest, error);
      throw error;
    }
  }

  #missing(digest: Digest, cause?: unknown): ArtifactMissingError {
    const { bucket } = this.#options;
    return new ArtifactMissingError(`${digest} is not in the bucket ${bucket}: put it there again`, { cause });
  }

  async #find(digest: Digest): Promise<Found | null> {
    const found = await this.#head(this.#keyOf(digest));
    if (!found) {
      this.#bucketSeen ??= this.#checkBucket();
      await this.#bucketSeen.catch((error: unknown) => {
        this.#bucketSeen = undefined;
        throw error;
      });
    }
    return found;
  }

  /** An answer without a body does not tell a missing object from a missing bucket. */
  #checkBucket(): Promise<unknown> {
    const { bucket } = this.#connection;
    return this.#connection.ask('look for artifacts', (client, sdk) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: this.#folder, MaxKeys: 1 })),
    );
  }

  async #head(key: string): Promise<Found | null> {
    try {
      const found = await this.#connection.ask('look for an artifact', (client, sdk) =>
        client.send(new sdk.HeadObjectCommand({ Bucket: this.#connection.bucket, Key: key, ChecksumMode: 'ENABLED' })),
      );
      const { ContentLength = 0, LastModified = new Date(0), ETag = '', ChecksumSHA256 = null } = found;
      return { sizeBytes: ContentLength, storedAt: LastModified, eTag: ETag, sha256: ChecksumSHA256 };
    } catch (error) {
      if (statusOf((error as { cause?: unknown }).cause) === 404) return null;
      throw error;
    }
  }

  async #delete(key: string): Promise<void> {
    await this.#connection.ask('remove an artifact', (client, sdk) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: this.#connection.bucket, Key: key })),
    );
  }

  async *#objects(folder: string): AsyncGenerator<{ key: string; sizeBytes: number; storedAt: Date }> {
    let token: string | undefined;
    do {
      const page = await this.#connection.ask('list the artifacts', (client, sdk) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.#connection.bucket,
            Prefix: `${this.#folder}${folder}`,
            ...(token ? { ContinuationToken: token } : {}),
          }),
        ),
      );
      for (const { Key: key, Size: sizeBytes, LastModified: storedAt } of page.Contents ?? [])
        if (key && sizeBytes !== undefined && storedAt)
          yield { key: key.slice(this.#folder.length), sizeBytes, storedAt };
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token);
  }

  #keyOf(digest: Digest): string {
    const hex = hexOf(Digest.parse(digest));
    return `${this.#folder}sha256/${hex.slice(0, 2)}/${hex.slice(2)}`;
  }

  #markOf(digest: Digest): string {
    return `${this.#folder}removing/${hexOf(Digest.parse(digest))}`;
  }
}

/**
 * Size, and the server's own SHA-256 of the whole object where it keeps one; of an object in parts it keeps another
 * kind.
 */
const isWhole = ({ sizeBytes, sha256 }: Found, source: Source): boolean =>
  sizeBytes === source.sizeBytes &&
  (sha256 === null || sha256.includes('-') || Buffer.from(sha256, 'base64').toString('hex') === hexOf(source.digest));
