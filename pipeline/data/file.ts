import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError, plainPath } from '../errors.ts';
import type { ReadContext } from './source.ts';

const CHUNK = 1 << 18;

const EMPTY = 'the file is empty: give a file with rows';
const NO_FILE = 'NO_FILE';
const WHY: Record<string, string> = {
  [NO_FILE]: 'is a pipe or device, not a file: save what comes out of it to a file first',
  ENOENT: 'there is no such file or folder: check the path',
  ENOTDIR: 'a part of the path is not a folder: check the path',
  EACCES: 'permission denied: make it readable for the user that runs pawl',
  EPERM: 'permission denied: make it readable for the user that runs pawl',
  EISDIR: 'is a folder, not a file: give the file itself',
  ELOOP: 'the links in the path lead in a circle: check the path',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open: close other programs or raise the limit (ulimit -n)',
  Z_BUF_ERROR: 'the compressed data ends too early, so the file is cut off: copy or download it again',
  Z_DATA_ERROR: 'the compressed data is damaged: copy or download the file again',
};

/** The problem of a file that cannot be read, in Pawl's words, whatever library noticed it. */
export function fileError(file: string, cause: unknown): DataError {
  const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).name;
  const message = WHY[code] ?? `cannot be read (${code}): check the file and the disk`;
  return new DataError([{ file, line: null, message }], 1, { cause });
}

/** @throws {DataError} unless it is an ordinary file. Others are not opened: opening a pipe could wait for ever */
export async function fileSize(file: string, folder: string): Promise<number> {
  const found = await stat(resolve(folder, file)).catch((cause: unknown) => {
    throw fileError(file, cause);
  });
  if (found.isFile()) return found.size;
  throw fileError(file, { code: found.isDirectory() ? 'EISDIR' : NO_FILE });
}

/** The bytes of a file, decompressed if it is compressed by gzip. @throws {DataError} */
export async function* readBytes(file: string, context: ReadContext): AsyncGenerator<Buffer> {
  const { folder, progress, signal } = context;
  signal.throwIfAborted();
  const size = await fileSize(file, folder);
  let empty = true;
  try {
    const handle = await open(resolve(folder, file));
    const gzip = await startsLikeGzip(handle);
    const raw = handle.createReadStream({ start: 0, highWaterMark: CHUNK });
    for await (const chunk of gzip ? unzip(raw) : raw) {
      signal.throwIfAborted();
      progress({ stage: `read ${plainPath(file)}`, done: raw.bytesRead, of: size, unit: 'bytes' });
      empty = false;
      yield chunk as Buffer;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw fileError(file, error);
  }
  if (empty) throw new DataError([{ file, line: null, message: EMPTY }]);
}

async function startsLikeGzip(handle: FileHandle): Promise<boolean> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}

function unzip(raw: Readable): Readable {
  // Without a callback pipeline would throw; the reader of the result gets errors in any case.
  return pipeline(raw, createGunzip({ chunkSize: CHUNK }), () => {});
}
