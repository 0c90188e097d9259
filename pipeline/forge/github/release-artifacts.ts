import { tmpdir } from 'node:os';
import type { StoredArtifact } from '../../../registry-repo/artifacts/artifacts.ts';
import { ArtifactMissingError, ArtifactStoreError } from '../../../registry-repo/artifacts/errors.ts';
import { hexOf } from '../../../registry-repo/artifacts/files.ts';
import { gathered, PATIENCE, type Patience, receive, writtenTo } from '../../../registry-repo/artifacts/receive.ts';
import {
  type RemoteArtifacts,
  type Source,
  type Transfer,
  withSource,
} from '../../../registry-repo/artifacts/source.ts';
import { Digest } from '../../../registry-repo/values.ts';
import { ForgeError } from '../errors.ts';
import { hasStatus } from '../rest/failures.ts';
import { type Place, pause } from '../rest/place.ts';
import { AssetBytes } from './asset-bytes.ts';
import type { Credentials } from './credentials.ts';
import {
  type AssetAnswer,
  deleteAsset,
  editAsset,
  ensureRelease,
  findRelease,
  listAssets,
  listReleases,
  type ReleaseAnswer,
} from './releases.ts';

export type ReleaseArtifactsOptions = {
  readonly place: Place;
  readonly credentials: Credentials;
  readonly clock: () => Date;
  /** The way to the network; Node's own by default. */
  readonly fetch?: typeof fetch;
  /** Folder where streams are stored until their digest is known. */
  readonly scratch?: string;
  readonly patience?: Patience;
  readonly progress?: ((transfer: Transfer) => void) | undefined;
};

const PREFIX = 'pawl-artifacts-';
const TEXT = 'Files of models by their SHA-256, kept and read by Pawl. Not a release of anything.';
/** GitHub accepts less than 2 GiB for each file. */
const MAX_BYTES = 2 * 1024 ** 3 - 1;
const CHUNK_BYTES = 1024 ** 2;
/** GitHub accepts no empty file: empty bytes are stored as one byte under a name that says so. */
const EMPTY = '.empty';
const REMOVING = '.removing';
const TRIES = 3;

type Found = { readonly asset: AssetAnswer; readonly release: ReleaseAnswer };

/**
 * Artifacts as assets of a GitHub repository's releases: `pawl-artifacts-ab` holds the digests that begin with `ab`,
 * each under its 64 hex digits; so there are 256 releases of at most 1000 files each. GitHub takes uploads in one
 * piece, so an upload that breaks off starts again. Downloads that break off continue.
 *
 * A file's label says when it was last put. A removal renames the file first, and looks at the label in the answer. A
 * put sets the label, and looks at the name in the answer. So one of the two always sees the other.
 */
export class ReleaseArtifacts implements RemoteArtifacts {
  readonly #options: ReleaseArtifactsOptions;
  readonly #bytes: AssetBytes;

  constructor(options: ReleaseArtifactsOptions) {
    this.#options = options;
    this.#bytes = new AssetBytes(options.place.api.url, options.credentials, options.fetch);
  }

  put(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Digest> {
    return withSource(bytes, this.#options.scratch ?? tmpdir(), async (source) => {
      await this.upload(source);
      return source.digest;
    });
  }

  upload(source: Source): Promise<void> {
    const { digest, sizeBytes } = source;
    if (sizeBytes > MAX_BYTES)
      throw new ArtifactStoreError(
        'unusable',
        `${digest} has ${sizeBytes} bytes, and a release takes ${MAX_BYTES} a file: keep models of this size in S3 (artifacts.store)`,
      );
    return this.#asking(`store ${digest}`, async () => {
      const release = await ensureRelease(this.#options.place, tagOf(digest), TEXT);
      for (let tries = 1; ; tries++) {
        try {
          if (await this.#refreshed(release, source)) return;
          await this.#send(release, source);
          return;
        } catch (error) {
          const again = error instanceof ForgeError && (error.reason === 'unreachable' || hasStatus(error, 422));
          if (!again || tries === TRIES) throw error;
          await pause(this.#options.place, tries);
        }
      }
    });
  }

  get(digest: Digest, maxBytes = Number.MAX_SAFE_INTEGER): Promise<Buffer> {
    return this.#asking(`read ${digest}`, () => gathered(this.#receive(digest, maxBytes)));
  }

  copy(digest: Digest, file: string, maxBytes = Number.MAX_SAFE_INTEGER): Promise<void> {
    return this.#asking(`read ${digest}`, async () => {
      if (!(await this.#find(digest))) throw this.#missing(digest);
      await writtenTo(file, this.#receive(digest, maxBytes));
    });
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== null;
  }

  async size(digest: Digest): Promise<number | null> {
    const found = await this.#asking(`look for ${digest}`, () => this.#find(digest));
    return found ? sizeOf(found.asset) : null;
  }

  async *list(): AsyncIterable<StoredArtifact> {
    const { place } = this.#options;
    for (const { id, tag_name: tag } of await this.#asking('list the artifacts', () => listReleases(place))) {
      if (!tag.startsWith(PREFIX)) continue;
      for (const asset of await this.#asking('list the artifacts', () => listAssets(place, id))) {
        const [, hex] = /^([0-9a-f]{64})(?:\.empty)?$/.exec(asset.name) ?? [];
        if (hex && asset.state === 'uploaded')
          yield { digest: `sha256:${hex}`, sizeBytes: sizeOf(asset), storedAt: storedAt(asset) };
      }
    }
  }

  remove(digest: Digest, before?: Date): Promise<boolean> {
    return this.#asking(`remove ${digest}`, async () => {
      const { place } = this.#options;
      const found = await this.#find(digest);
      if (!found || (before && storedAt(found.asset) >= before)) return false;
      const { id, name } = found.asset;
      const marked = await editAsset(place, id, { name: `${name}.${id}${REMOVING}` });
      if (!marked) return false;
      if (before && storedAt(marked) >= before) {
        await editAsset(place, id, { name }).catch((error) => {
          if (!hasStatus(error, 422)) throw error; // it was put again in the meantime
          return deleteAsset(place, id);
        });
        return false;
      }
      await deleteAsset(place, id);
      return true;
    });
  }

  sweep(before: Date): Promise<number> {
    return this.#asking('clean up', async () => {
      const { place } = this.#options;
      let removed = 0;
      for (const { id, tag_name: tag } of await listReleases(place)) {
        if (!tag.startsWith(PREFIX)) continue;
        for (const { id: asset, name, state, updated_at } of await listAssets(place, id)) {
          if ((state === 'uploaded' && !name.endsWith(REMOVING)) || new Date(updated_at) >= before) continue;
          await deleteAsset(place, asset);
          removed++;
        }
      }
      return removed;
    });
  }

  /** Whether it was there, complete, and is young again. What an interrupted upload has left is removed. */
  async #refreshed(release: ReleaseAnswer, { digest, sizeBytes }: Source): Promise<boolean> {
    const { place, clock } = this.#options;
    for (const asset of await listAssets(place, release.id)) {
      if (!isOf(asset, digest)) continue;
      if (asset.state === 'uploaded' && sizeOf(asset) === sizeBytes && (await this.#isRight(asset, digest))) {
        const now = await editAsset(place, asset.id, { label: clock().toISOString() });
        if (now && isOf(now, digest)) return true;
      } else await deleteAsset(place, asset.id);
    }
    return false;
  }

  /**
   * Checks the bytes by the server's own digest. If the server gives none, small bytes are read, and for large ones the
   * size is trusted.
   */
  async #isRight(asset: AssetAnswer, digest: Digest): Promise<boolean> {
    const { id, size } = asset;
    if (sizeOf(asset) === 0) return true;
    if (asset.digest) return asset.digest === digest;
    if (size > CHUNK_BYTES) return true;
    const { patience = PATIENCE } = this.#options;
    const open = (from: number) => this.#bytes.download(this.#addressOf(id), from);
    return gathered(receive({ digest, maxBytes: size, patience, open })).then(
      () => true,
      (error) => {
        if (error instanceof ForgeError) throw error;
        return false;
      },
    );
  }

  async #send(release: ReleaseAnswer, source: Source): Promise<void> {
    const { digest, sizeBytes } = source;
    const label = this.#options.clock().toISOString();
    const name = hexOf(digest);
    const asset =
      sizeBytes === 0
        ? { name: name + EMPTY, label, sizeBytes: 1, chunks: once(new Uint8Array(1)) }
        : { name, label, sizeBytes, chunks: this.#chunks(source) };
    const answer = await this.#bytes.upload(release.upload_url, asset);
    if (answer.state !== 'uploaded' || answer.size !== asset.sizeBytes || answer.name !== asset.name)
      throw new ForgeError('unreachable', `the upload of ${digest} ended as ${answer.state} with ${answer.size} bytes`);
  }

  async *#chunks({ digest, sizeBytes, read }: Source): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < sizeBytes; from += CHUNK_BYTES) {
      const to = Math.min(from + CHUNK_BYTES, sizeBytes);
      yield await read(from, to);
      this.#options.progress?.({ direction: 'upload', digest, done: to, total: sizeBytes });
    }
  }

  #receive(digest: Digest, maxBytes: number): AsyncGenerator<Uint8Array> {
    const { patience = PATIENCE, progress } = this.#options;
    const open = async (from: number) => {
      const found = await this.#find(digest);
      if (!found) throw this.#missing(digest);
      if (sizeOf(found.asset) === 0) return { from: 0, sizeBytes: 0, body: nothing() };
      return this.#bytes.download(this.#addressOf(found.asset.id), from);
    };
    const asking = (from: number) => this.#asking(`read ${digest}`, () => open(from));
    return receive({ digest, maxBytes, patience, progress, open: asking });
  }

  async #find(digest: Digest): Promise<Found | null> {
    const { place } = this.#options;
    const release = await findRelease(place, tagOf(Digest.parse(digest)));
    const assets = release ? await listAssets(place, release.id) : [];
    const asset = assets.find((a) => a.state === 'uploaded' && isOf(a, digest));
    return asset && release ? { asset, release } : null;
  }

  #addressOf(id: number): string {
    const { api, owner, repo } = this.#options.place;
    return `${api.url}/repos/${owner}/${repo}/releases/assets/${id}`;
  }

  #missing(digest: Digest): ArtifactMissingError {
    const { owner, repo } = this.#options.place;
    return new ArtifactMissingError(`${digest} is not in the releases of ${owner}/${repo}: put it there again`);
  }

  /** The forge's errors as errors of a store. */
  async #asking<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof ForgeError)) throw cause;
      const { owner, repo } = this.#options.place;
      const forbidden = hasStatus(cause, 401, 403, 404);
      throw new ArtifactStoreError(
        forbidden ? 'forbidden' : 'unusable',
        `cannot ${what} in the releases of ${owner}/${repo}: ${cause.message}${forbidden ? '; it takes write access to contents there, read access to read' : ''}`,
        { cause },
      );
    }
  }
}

const tagOf = (digest: Digest): string => `${PREFIX}${hexOf(digest).slice(0, 2)}`;

const isOf = ({ name }: AssetAnswer, digest: Digest): boolean =>
  name === hexOf(digest) || name === hexOf(digest) + EMPTY;

const sizeOf = ({ name, size }: AssetAnswer): number => (name.endsWith(EMPTY) ? 0 : size);

/** By the label; by GitHub's own time, if a person has changed the label. */
function storedAt({ label, created_at }: AssetAnswer): Date {
  const labelled = new Date(label ?? '');
  return Number.isNaN(labelled.getTime()) ? new Date(created_at) : labelled;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
