import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest } from '../values.ts';
import { ArtifactCorruptError } from './errors.ts';

/** The 64 hex digits of a digest. */
export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

export function checkDigest(wanted: Digest, hex: string): void {
  if (hexOf(wanted) !== hex)
    throw new ArtifactCorruptError(
      `what is stored as ${wanted} is sha256:${hex}: it was changed or has decayed, put it there again`,
    );
}

/** The `errno` name of a system error, else null. */
export const codeOf = (error: unknown): string | null => {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  return typeof code === 'string' && typeof syscall === 'string' ? code : null;
};

export const ignore =
  (...codes: readonly string[]) =>
  (error: unknown): undefined => {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  };

/** Writes a file that must not exist yet. @returns the digest of what was written */
export async function writeNew(
  file: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { sync }: { sync: boolean },
): Promise<Digest> {
  const hash = createHash('sha256');
  const handle = await open(file, 'wx', 0o444);
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
    }
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Replaces a file as a whole or not at all; the new one survives a power cut. Its folder is made if it is missing. */
export async function writeWhole(file: string, content: string, mode: number): Promise<void> {
  await makeFolder(dirname(file));
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await syncFolder(dirname(file));
  } finally {
    await rm(draft, { force: true });
  }
}

export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

type Opened = { sync(): Promise<void>; close(): Promise<void> };

/**
 * Makes a rename in a folder survive a power cut, as far as the file system can. Some cannot for a folder: Windows does
 * not open one, and exFAT, CIFS and some FUSE file systems refuse to sync it.
 */
export async function syncFolder(
  folder: string,
  openFolder: (folder: string) => Promise<Opened> = (path) => open(path, 'r'),
): Promise<void> {
  const windows = process.platform === 'win32' ? ['EPERM', 'EISDIR', 'EACCES'] : [];
  const handle = await openFolder(folder).catch(ignore(...windows));
  if (!handle) return;
  try {
    await handle.sync().catch(ignore('EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', ...windows));
  } finally {
    await handle.close();
  }
}
