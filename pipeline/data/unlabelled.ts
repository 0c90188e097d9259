import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { printRowKeys, type Row, rowsWithin } from '../../registry-repo/rows.ts';
import type { Digest } from '../../registry-repo/values.ts';
import { endable } from '../endable.ts';
import { DataError, plainPath } from '../errors.ts';
import { type LoadContext, textProblem } from './collect.ts';
import { readRecords } from './csv.ts';
import { fileError } from './file.ts';
import { list, readFiles } from './folder.ts';
import { readEntries } from './imdb.ts';
import { readLines } from './jsonl.ts';
import { normalise } from './normalise.ts';
import { Problems, shown } from './problems.ts';
import type { ReadContext } from './source.ts';

/**
 * What a run records about texts without labels. `excluded` are those that are also test rows: no trainer gets them.
 */
export type UnlabelledFacts = {
  readonly location: string;
  readonly rows: number;
  readonly excluded: number;
  readonly digest: Digest;
};

export type Unlabelled = { readonly texts: readonly string[]; readonly facts: UnlabelledFacts };

type Found = { readonly text: string; readonly file: string; readonly line: number | null };

/**
 * Reads texts without labels: a file with a text on each line (`.txt`), an object on each line with the key `text`
 * (`.jsonl`) or a column `text` (`.csv`, `.tsv`), each perhaps with `.gz`; a folder of `.txt` files; or the film
 * reviews' archive or folder, of which it takes `train/unsup`. The order of what is read does not matter.
 *
 * @param test rows that no trainer may learn from
 * @throws {DataError} naming everything that is wrong with the texts
 */
export async function loadUnlabelled(path: string, test: readonly Row[], context: LoadContext): Promise<Unlabelled> {
  const problems = new Problems();
  const rows: Row[] = [];
  const { folder, cacheFolder, progress = () => {}, signal = new AbortController().signal } = context;
  const { fetch = globalThis.fetch } = context;
  try {
    for await (const { text, file, line } of read(path, {
      folder,
      cacheFolder,
      progress,
      signal,
      fetch,
      problem: problems.add,
    })) {
      const clean = normalise(text);
      const wrong = textProblem(clean);
      if (wrong === null) rows.push({ text: clean, label: '' });
      else problems.add({ file, line, message: wrong });
    }
  } catch (error) {
    problems.include(error);
  }
  problems.throwIfAny();
  if (rows.length === 0) throw new DataError([{ file: path, line: null, message: NO_TEXTS }]);
  return endable(signal, () => pinned(rows, test, path));
}

function pinned(rows: readonly Row[], test: readonly Row[], path: string): Unlabelled {
  const tested = new Set(rowsWithin(rows, printRowKeys(test.map(({ text }) => text))));
  const texts = rows.filter((row) => !tested.has(row)).map(({ text }) => text);
  texts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${JSON.stringify({ text })}\n`, 'utf8');
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  const location = plainPath(path).slice(-1000);
  return { texts, facts: { location, rows: texts.length, excluded: tested.size, digest } };
}

const NO_TEXTS = 'there are no texts';
const NO_UNSUP = 'the archive has no folder train/unsup: give one that has, a folder of .txt files, or a file';
const UNSUP = /(?:^|[/\\])unsup[/\\][^/\\]+\.txt$/;

async function* read(path: string, context: ReadContext): AsyncGenerator<Found> {
  const found = await stat(resolve(context.folder, path)).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  const name = path.replace(/\.gz$/i, '');
  if (found.isDirectory()) yield* readFolder(path, context);
  else if (/\.(?:tar|tgz)$/i.test(name)) yield* readArchive(path, context);
  else if (/\.jsonl$/i.test(name)) yield* readJsonl(path, context);
  else if (/\.(?:csv|tsv|tab)$/i.test(name)) yield* readCsv(path, context);
  else for await (const { text, line } of readLines(path, context)) yield { text, line, file: path };
}

async function* readFolder(folder: string, context: ReadContext): AsyncGenerator<Found> {
  const { folders, files } = await list(folder, context);
  for (const deeper of ['aclImdb', 'train', 'unsup'])
    if (folders.includes(deeper)) return yield* readFolder(join(folder, deeper), context);
  const texts = files.filter((name) => name.toLowerCase().endsWith('.txt'));
  const rows = texts.map((name) => ({ split: null, label: '', file: join(folder, name) }));
  yield* readFiles(rows, context);
}

async function* readArchive(file: string, context: ReadContext): AsyncGenerator<Found> {
  let texts = 0;
  for await (const { text, inside } of readEntries(file, UNSUP, context)) {
    texts++;
    if (text !== null) yield { text, file: inside, line: null };
  }
  if (texts === 0) throw new DataError([{ file, line: null, message: NO_UNSUP }]);
}

async function* readJsonl(file: string, context: ReadContext): AsyncGenerator<Found> {
  for await (const { text: source, line } of readLines(file, context)) {
    const text = textOf(source);
    if (text === null) context.problem({ file, line, message: NOT_A_TEXT });
    else yield { text, file, line };
  }
}

const NOT_A_TEXT = 'not a JSON object with a string "text": write one a line, such as {"text": "…"}';

function textOf(source: string): string | null {
  try {
    const value = JSON.parse(source) as { text?: unknown } | null;
    return typeof value?.text === 'string' ? value.text : null;
  } catch {
    return null;
  }
}

async function* readCsv(file: string, context: ReadContext): AsyncGenerator<Found> {
  let column = -1;
  for await (const { fields, line } of readRecords(file, { delimiter: null, quote: '"' }, context)) {
    if (column >= 0) yield { text: fields[column] as string, file, line };
    else column = fields.findIndex((name) => name.trim() === 'text');
    if (column >= 0) continue;
    const has = fields.slice(0, 10).map(shown).join(', ');
    throw new DataError([{ file, line, message: `no column "text" (the header has ${has}): name one so` }]);
  }
}
