import { open, readdir, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { fileError, fileSize } from './file.ts';
import { DataOptions } from './options.ts';
import { FROM_FASTTEXT, LONGEST_BEGINNING, otherFormat } from './other-format.ts';

const BY_NAME: readonly (readonly [RegExp, DataOptions['kind']])[] = [
  [/\.(?:tar|tar\.gz|tgz)$/i, 'imdb'],
  [/\.(?:csv|tsv|tab)(?:\.gz)?$/i, 'csv'],
  [/\.(?:jsonl|ndjson)(?:\.gz)?$/i, 'jsonl'],
];

/**
 * The options for labelled data, guessed from its path, as in `--data reviews.csv`: by a file's ending; a folder holds
 * one folder a label, unless it is the film reviews' own.
 *
 * @param folder what a relative path is relative to
 * @throws {DataError} if nothing is there, or its ending says nothing
 */
export async function optionsAt(path: string, folder: string): Promise<DataOptions> {
  const place = resolve(folder, path);
  try {
    if ((await stat(place)).isDirectory()) {
      const names = [basename(place), ...(await readdir(place))];
      return DataOptions.parse({ kind: names.includes('aclImdb') ? 'imdb' : 'folder', path });
    }
  } catch (error) {
    throw fileError(path, error);
  }
  const kind = BY_NAME.find(([ending]) => ending.test(path))?.[1];
  if (kind) return DataOptions.parse({ kind, path });
  const begins = await beginningOf(path, folder);
  const other = otherFormat(begins) ?? (begins.toString('latin1').startsWith('__label__') ? FROM_FASTTEXT : null);
  if (other) throw new DataError([{ file: path, line: null, message: other }]);
  const message =
    'no telling what is in it: name it .csv, .tsv, .jsonl (each also with .gz) or .tar.gz, or give a folder';
  throw new DataError([{ file: path, line: null, message }]);
}

async function beginningOf(path: string, folder: string): Promise<Buffer> {
  await fileSize(path, folder);
  const file = await open(resolve(folder, path)).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_BEGINNING), 0, LONGEST_BEGINNING, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
