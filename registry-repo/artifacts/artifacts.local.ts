import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Digest } from '../values.ts';
import type { Artifacts, StoredArtifact } from './artifacts.ts';
import { ArtifactMissingError, ArtifactStoreError, ArtifactTooLargeError } from './errors.ts';
import { checkDigest, codeOf, hexOf, ignore, makeFolder, syncFolder, writeNew } from './files.ts';
import { type Source, withHandle } from './source.ts';

/**
 * A folder: `sha256/ab/cdef…`. Bytes are written to `tmp/`, synced, renamed into place, and the folder is synced, so a
 * crash at any moment leaves either nothing or everything. Any number of processes may use it at once.
 */
export class LocalArtifacts implements Artifacts {
  readonly folder: string;

  /** @param folder made when something is put for the first time */
  constructor(folder: string) {
    this.folder = folder;
  }

  async put(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<Digest> {
    const temporary = join(this.folder, 'tmp', randomUUID());
    try {
      await makeFolder(dirname(temporary));
      const digest = await writeNew(temporary, bytes instanceof Uint8Array ? [bytes] : bytes, { sync: true });
      const file = this.#file(digest);
      await makeFolder(dirname(file));
      await rename(temporary, file); // also over the same bytes: that repairs damaged ones
      await syncFolder(dirname(file));
      return digest;
    } catch (cause) {
      await unlink(temporary).catch(() => {});
      throw this.#typed('store an artifact', cause);
    }
  }

  async get(digest: Digest, maxBytes = Number.MAX_SAFE_INTEGER): Promise<Buffer> {
    return this.#reading(digest, maxBytes, async (handle) => {
      const bytes = await handle.readFile();
      checkDigest(digest, createHash('sha256').update(bytes).digest('hex'));
      return bytes;
    });
  }

  async copy(digest: Digest, file: string, maxBytes = Number.MAX_SAFE_INTEGER): Promise<void> {
    const temporary = `${file}.${randomUUID()}`;
    await this.#reading(digest, maxBytes, async (handle) => {
      try {
        const copied = await writeNew(temporary, handle.createReadStream({ autoClose: false, start: 0 }), {
          sync: false,
        });
        checkDigest(digest, hexOf(copied));
        await rename(temporary, file);
      } catch (cause) {
        await unlink(temporary).catch(() => {});
        throw cause;
      }
    });
  }

  /**
   * Lends the stored bytes, to be read in pieces. They are not checked here: the store that receives them checks them.
   */
  async lend<T>(digest: Digest, use: (source: Source) => Promise<T>): Promise<T> {
    return this.#reading(digest, Number.MAX_SAFE_INTEGER, (handle) => withHandle(handle, digest, use));
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== null;
  }

  async size(digest: Digest): Promise<number | null> {
    try {
      return (await stat(this.#file(digest))).size;
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return null;
      throw this.#typed(`look for ${digest}`, cause);
    }
  }

  async *list(): AsyncIterable<StoredArtifact> {
    for (const fan of await this.#names('sha256')) {
      if (!/^[0-9a-f]{2}$/.test(fan)) continue;
      for (const rest of await this.#names(join('sha256', fan))) {
        if (!/^[0-9a-f]{62}$/.test(rest)) continue;
        const digest: Digest = `sha256:${fan}${rest}`;
        const found = await stat(this.#file(digest)).catch(() => null); // collected meanwhile
        if (found) yield { digest, sizeBytes: found.size, storedAt: found.mtime };
      }
    }
  }

  async remove(digest: Digest, before?: Date): Promise<boolean> {
    const file = this.#file(digest);
    const doomed = join(this.folder, 'tmp', randomUUID());
    try {
      if (before && !(await this.wasPutBefore(before, file))) return false;
      await makeFolder(dirname(doomed));
      await rename(file, doomed);
      // Another process put it again between the check and the rename, so it is needed and goes back.
      const wanted = before !== undefined && !(await this.wasPutBefore(before, doomed));
      await (wanted ? rename(doomed, file) : unlink(doomed)); // it replaces the same bytes, if they were put a third time
      await syncFolder(dirname(file));
      return !wanted;
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return false;
      throw this.#typed(`remove ${digest}`, cause);
    }
  }

  async sweep(before: Date): Promise<number> {
    let removed = 0;
    for (const name of await this.#names('tmp')) {
      const file = join(this.folder, 'tmp', name);
      const left = await stat(file).catch(() => null);
      if (!left || left.mtime >= before) continue;
      await unlink(file).catch(ignore('ENOENT'));
      removed++;
    }
    return removed;
  }

  protected async wasPutBefore(moment: Date, file: string): Promise<boolean> {
    return (await stat(file)).mtime < moment;
  }

  #file(digest: Digest): string {
    const hex = hexOf(Digest.parse(digest));
    return join(this.folder, 'sha256', hex.slice(0, 2), hex.slice(2));
  }

  async #reading<T>(digest: Digest, maxBytes: number, read: (handle: FileHandle) => Promise<T>): Promise<T> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(this.#file(digest), 'r');
      const { size } = await handle.stat();
      if (size > maxBytes)
        throw new ArtifactTooLargeError(`${digest} has ${size} bytes, ${maxBytes} at most are wanted here`);
      return await read(handle);
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT' && !handle)
        throw new ArtifactMissingError(
          `${digest} is not on this machine, in the artifact store ${this.folder}: put it there again, or copy it from the machine that has it`,
          {
            cause,
          },
        );
      throw this.#typed(`read ${digest}`, cause);
    } finally {
      await handle?.close();
    }
  }

  async #names(folder: string): Promise<string[]> {
    try {
      return (await readdir(join(this.folder, folder))).sort();
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return [];
      throw this.#typed('list the artifacts', cause);
    }
  }

  /** Turns system errors into Pawl's; every other error (Pawl's own, a failing source) is passed on unchanged. */
  #typed(what: string, cause: unknown): unknown {
    const code = codeOf(cause);
    if (code === null) return cause;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return new ArtifactStoreError(
        'full',
        `cannot ${what}: no space left under ${this.folder}. Free some, or run "pawl artifacts gc"`,
        { cause },
      );
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      return new ArtifactStoreError(
        'forbidden',
        `cannot ${what}: no permission under ${this.folder} (${code}). Give this user read and write access`,
        { cause },
      );
    return new ArtifactStoreError('unusable', `cannot ${what} under ${this.folder}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
