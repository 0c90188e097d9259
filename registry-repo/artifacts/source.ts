import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../digest.ts';
import { temporaryName } from '../temporary.ts';
import type { Digest } from '../values.ts';
import type { Artifacts } from './artifacts.ts';
import { ignore, makeFolder, writeNew } from './files.ts';

/** Bytes that are complete, with a known digest, before they are sent. They can be read again, in any order. */
export type Source = {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Bytes from one offset up to, not including, another. */
  read(from: number, to: number): Promise<Uint8Array>;
};

/** How many bytes of a transfer to or from a remote store are done. */
export type Transfer = {
  readonly direction: 'upload' | 'download';
  readonly digest: Digest;
  readonly done: number;
  readonly total: number;
};

/** A remote store: it reads bytes from the place where they are, without a copy of its own. */
export type RemoteArtifacts = Artifacts & {
  /** As `put`. The source's digest is trusted here, and checked by every read. */
  upload(source: Source): Promise<void>;
};

/**
 * Turns chunks into a source, whose digest has to be known before it is sent. They go to a file in the scratch folder
 * unless they are in memory.
 */
export async function withSource<T>(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  scratch: string,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  if (bytes instanceof Uint8Array)
    return use({
      digest: digestOf(bytes),
      sizeBytes: bytes.length,
      read: async (from, to) => bytes.subarray(from, to),
    });
  const file = join(scratch, temporaryName('upload'));
  await makeFolder(scratch);
  try {
    const digest = await writeNew(file, bytes, { sync: false });
    const handle = await open(file, 'r');
    try {
      return await withHandle(handle, digest, use);
    } finally {
      await handle.close();
    }
  } finally {
    await unlink(file).catch(ignore('ENOENT'));
  }
}

/** An open file as a source. */
export async function withHandle<T>(
  handle: FileHandle,
  digest: Digest,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const { size: sizeBytes } = await handle.stat();
  const read = async (from: number, to: number) => {
    const bytes = Buffer.alloc(to - from);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, from + at);
      if (bytesRead === 0) throw new RangeError(`the file of ${digest} ends after ${from + at} of ${sizeBytes} bytes`);
      at += bytesRead;
    }
    return bytes;
  };
  return use({ digest, sizeBytes, read });
}
