import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../digest.ts';
import { temporaryName } from '../temporary.ts';
import type { Digest } from '../values.ts';
import type { Artifacts } from './artifacts.ts';
import { ignore, makeFolder, writeNew } from './files.ts';

/** Bytes that are whole and named before they travel, and can be read again, in any order. */
export type Source = {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Bytes from one offset up to, not including, another. */
  read(from: number, to: number): Promise<Uint8Array>;
};

/** How far bytes have come on their way to a remote store or from it. */
export type Transfer = {
  readonly direction: 'upload' | 'download';
  readonly digest: Digest;
  readonly done: number;
  readonly total: number;
};

/** A store at the other end of a network: it takes bytes from where they lie already, without a copy of its own. */
export type RemoteArtifacts = Artifacts & {
  /** As `put`; that the source has the digest it says is believed, and checked by every read. */
  upload(source: Source): Promise<void>;
};

/** What has to be known by its digest before it is sent, in a file of the scratch folder unless it is in memory. */
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
