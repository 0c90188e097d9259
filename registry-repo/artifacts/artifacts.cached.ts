import type { Digest } from '../values.ts';
import type { LocalArtifacts } from './artifacts.local.ts';
import type { Artifacts, StoredArtifact } from './artifacts.ts';
import { ArtifactCorruptError, ArtifactMissingError } from './errors.ts';
import type { RemoteArtifacts } from './source.ts';

/**
 * A remote store with a folder of this machine in front of it. Bytes are kept in the folder when they are put or first
 * read, checked, and read from there afterwards. The remote store decides what exists; the folder may be deleted.
 */
export class CachedArtifacts implements Artifacts {
  readonly #near: LocalArtifacts;
  readonly #far: RemoteArtifacts;

  constructor(near: LocalArtifacts, far: RemoteArtifacts) {
    this.#near = near;
    this.#far = far;
  }

  async put(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Digest> {
    const digest = await this.#near.put(bytes);
    await this.#near.lend(digest, (source) => this.#far.upload(source));
    return digest;
  }

  async get(digest: Digest, maxBytes?: number): Promise<Buffer> {
    return this.#through(
      () => this.#near.get(digest, maxBytes),
      async () => {
        const bytes = await this.#far.get(digest, maxBytes);
        await this.#near.put(bytes);
        return bytes;
      },
    );
  }

  async copy(digest: Digest, file: string, maxBytes?: number): Promise<void> {
    return this.#through(
      () => this.#near.copy(digest, file, maxBytes),
      () => this.#far.copy(digest, file, maxBytes),
    );
  }

  /** If the folder has no copy, or a damaged one, the remote store has the bytes. */
  async #through<T>(near: () => Promise<T>, far: () => Promise<T>): Promise<T> {
    try {
      return await near();
    } catch (error) {
      if (!(error instanceof ArtifactMissingError || error instanceof ArtifactCorruptError)) throw error;
      return far();
    }
  }

  has(digest: Digest): Promise<boolean> {
    return this.#far.has(digest);
  }

  size(digest: Digest): Promise<number | null> {
    return this.#far.size(digest);
  }

  list(): AsyncIterable<StoredArtifact> {
    return this.#far.list();
  }

  async remove(digest: Digest, before?: Date): Promise<boolean> {
    const removed = await this.#far.remove(digest, before);
    if (removed || before === undefined) await this.#near.remove(digest, before);
    return removed;
  }

  async sweep(before: Date): Promise<number> {
    return (await this.#far.sweep(before)) + (await this.#near.sweep(before));
  }
}
