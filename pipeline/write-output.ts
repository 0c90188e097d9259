import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PawlError } from '../events/errors.ts';
import { usersMode } from './state-folder.ts';

/** A file that the user named cannot be written; what was there is as it was. */
export class OutputError extends PawlError {
  readonly code = 'output_failed';
}

/**
 * Writes a file that the user named: it appears when it is complete, or not at all. A device or a pipe is written to as it is.
 *
 * @throws {OutputError}
 */
export async function writeOutput(file: string, chunks: Iterable<string> | AsyncIterable<string>): Promise<void> {
  const write = (path: string) => pipeline(Readable.from(chunks), createWriteStream(path));
  const there = await stat(file).catch(() => null);
  if (there === null || there.isFile() || there.isDirectory()) return placeOutput(file, write);
  await write(file).catch((error: unknown) => {
    throw outputError(file, error);
  });
}

/**
 * The same for what writes its own files.
 *
 * @param write is given another name in the same folder
 */
export async function placeOutput(file: string, write: (draft: string) => Promise<void>): Promise<void> {
  const target = await realpath(file).catch(() => file); // a link stays one
  const draft = `${target}.${randomUUID()}.part`;
  try {
    await requireFolder(dirname(target));
    await write(draft);
    await chmod(draft, usersMode());
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {}); // the first error is the one to tell
    throw outputError(file, error);
  }
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found === null) throw new OutputError(`there is no folder ${folder}: make it first`);
  if (!found.isDirectory()) throw new OutputError(`${folder} is no folder`);
}

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk is full for you',
  EROFS: 'it is on a disk that can only be read',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EISDIR: 'it is a folder: name a file in it',
  ENOTEMPTY: 'it is a folder: name a file in it',
  EEXIST: 'it is a folder: name a file in it',
};

/** Errors that say themselves what is wrong stay as they are, but for the name of the file. */
function outputError(file: string, cause: unknown): Error {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (cause instanceof PawlError && !(cause instanceof OutputError)) return cause;
  return new OutputError(`cannot write ${file}: ${WHY[code] ?? message}`, { cause });
}
