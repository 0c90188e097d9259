import { createHash, randomUUID } from 'node:crypto';
import { rename, unlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Digest } from '../values.ts';
import { ArtifactCorruptError, ArtifactStoreError, ArtifactTooLargeError } from './errors.ts';
import { checkDigest, writeNew } from './files.ts';
import type { Transfer } from './source.ts';

/** A body that begins at some offset; `sizeBytes` is that of the whole. */
export type Opened = { readonly sizeBytes: number; readonly from: number; readonly body: AsyncIterable<Uint8Array> };

/**
 * Bounds of a download: tries without a byte of progress, milliseconds before the next try, milliseconds without a
 * byte.
 */
export type Patience = { readonly tries: number; readonly pauseMs: number; readonly stallMs: number };

export const PATIENCE: Patience = { tries: 5, pauseMs: 500, stallMs: 30_000 };

type Receiving = {
  readonly digest: Digest;
  readonly maxBytes: number;
  readonly patience: Patience;
  readonly progress?: ((transfer: Transfer) => void) | undefined;
  /** Requests the bytes from an offset on; an answer that begins before it is fine. */
  readonly open: (from: number) => Promise<Opened>;
};

/**
 * Bytes from a remote store. When the connection is cut or stalls, it requests the rest. The digest is checked last, so
 * the bytes may be trusted only when the end is reached.
 *
 * @throws {ArtifactTooLargeError} before anything is yielded
 * @throws {ArtifactCorruptError} after everything was
 * @throws {ArtifactStoreError} the connection was cut too often
 */
export async function* receive({ digest, maxBytes, patience, progress, open }: Receiving): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let done = 0;
  let total = Number.POSITIVE_INFINITY;
  for (let tries = 1; done < total; tries++) {
    try {
      const opened = await open(done);
      total = opened.sizeBytes;
      if (total > maxBytes)
        throw new ArtifactTooLargeError(`${digest} has ${total} bytes, ${maxBytes} at most are wanted here`);
      for await (const chunk of rest(opened, done, patience.stallMs)) {
        if (done + chunk.length > total)
          throw new ArtifactCorruptError(`more than the ${total} bytes of ${digest} came`);
        hash.update(chunk);
        done += chunk.length;
        tries = 1;
        yield chunk;
        progress?.({ direction: 'download', digest, done, total });
      }
      if (done < total) throw new CutError(`the connection ended after ${done} of ${total} bytes`);
    } catch (error) {
      const again = error instanceof CutError || (done > 0 && isUnusable(error));
      if (!again) throw error;
      if (tries >= patience.tries)
        throw new ArtifactStoreError(
          'unusable',
          `could not read ${digest} in ${tries} tries (${(error as Error).message}): check the network and run again`,
          { cause: error },
        );
      await pause(patience.pauseMs * tries);
    }
  }
  checkDigest(digest, hash.digest('hex'));
}

/** A body ended too early: the rest can be requested. */
class CutError extends Error {}

const isUnusable = (error: unknown) => error instanceof ArtifactStoreError && error.reason === 'unusable';

/** The bytes that follow those that have arrived already. @throws {CutError} */
async function* rest({ from, body }: Opened, done: number, stallMs: number): AsyncGenerator<Uint8Array> {
  let skip = done - from;
  if (skip < 0) throw new CutError('the server left bytes out');
  const chunks = body[Symbol.asyncIterator]();
  let whole = false;
  try {
    for (;;) {
      const next = await nextWithin(chunks, stallMs);
      whole = next.done === true;
      if (next.done) return;
      const wanted = next.value.subarray(Math.min(skip, next.value.length));
      skip -= next.value.length - wanted.length;
      if (wanted.length > 0) yield wanted;
    }
  } finally {
    if (!whole) chunks.return?.()?.catch(() => {}); // frees a body that is not read to its end
  }
}

async function nextWithin(
  chunks: AsyncIterator<Uint8Array>,
  stallMs: number,
): Promise<IteratorResult<Uint8Array, unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CutError(`no byte came for ${stallMs} ms`)), stallMs);
  });
  try {
    return await Promise.race([chunks.next(), stalled]);
  } catch (cause) {
    throw cause instanceof CutError
      ? cause
      : new CutError(`the connection broke: ${(cause as Error).message}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** All chunks in one piece. */
export async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** Writes chunks to a file, which appears when they are complete, or not at all. */
export async function writtenTo(file: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeNew(temporary, chunks, { sync: false });
    await rename(temporary, file);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    throw cause;
  }
}
