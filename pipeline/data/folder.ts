import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { fileError, fileSize } from './file.ts';
import type { OptionsOf } from './options.ts';
import { FROM_FILES } from './other-format.ts';
import { filesOf, locationOf } from './place.ts';
import type { ReadContext, Source, SourceRow } from './source.ts';
import { decodeText, LONGEST } from './text-file.ts';

/** A folder for each label with one text a file; `path` may also hold such folders in `train` and `test`. */
export const folderSource = (options: OptionsOf<'folder'>): Source => ({
  kind: 'folder',
  location: locationOf(options),
  async *read(context) {
    const found: TextFile[][] = [];
    for (const { file: folder, split } of filesOf(options))
      for (const part of await partsOf(folder, split, context)) found.push(await listLabels(part, context));
    yield* readFiles(found.flat(), context);
  },
});

export type TextFile = Omit<SourceRow, 'text' | 'line'>;
type Part = { readonly folder: string; readonly split: SourceRow['split'] };

async function partsOf(folder: string, split: SourceRow['split'], context: ReadContext): Promise<Part[]> {
  const { folders } = await list(folder, context);
  const isSplit = (name: string): name is 'train' | 'test' => name === 'train' || name === 'test';
  if (split !== null || !folders.some(isSplit)) return [{ folder, split }];
  for (const name of folders.filter((other) => !isSplit(other)))
    context.problem({ file: join(folder, name), line: null, message: BESIDE_SPLITS });
  return folders.filter(isSplit).map((name) => ({ folder: join(folder, name), split: name }));
}

const BESIDE_SPLITS = 'a folder beside train and test: move it away, or give the paths train and test one by one';
const NO_LABELS = 'no folder for any label: put the texts of each label into a folder with its name';

/** The text files below a folder that has one folder for each label; plain files beside those folders are no rows. */
export async function listLabels({ folder, split }: Part, context: ReadContext): Promise<TextFile[]> {
  const { folders, files } = await list(folder, context);
  const flat = files.some((name) => name.endsWith('.txt')) ? `; ${FROM_FILES}` : '';
  if (folders.length === 0) throw new DataError([{ file: folder, line: null, message: NO_LABELS + flat }]);
  const found: TextFile[] = [];
  for (const label of folders) {
    const { files, folders: deeper } = await list(join(folder, label), context);
    for (const name of deeper)
      context.problem({ file: join(folder, label, name), line: null, message: 'a folder among the texts' });
    for (const name of files) found.push({ split, label, file: join(folder, label, name) });
  }
  return found;
}

/** What a folder holds, sorted; hidden entries are left out. @throws {DataError} */
export async function list(folder: string, context: ReadContext): Promise<{ folders: string[]; files: string[] }> {
  try {
    const path = resolve(context.folder, folder);
    const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
    // A broken link counts as a file, so that opening it reports it by its name.
    const leadsToFolder = (name: string) =>
      stat(join(path, name)).then(
        (found) => found.isDirectory(),
        () => false,
      );
    const isFolder = (entry: Dirent) => (entry.isSymbolicLink() ? leadsToFolder(entry.name) : entry.isDirectory());
    const kinds = await Promise.all(
      entries.map(async (entry) => ({ name: entry.name, folder: await isFolder(entry) })),
    );
    const names = (folders: boolean) =>
      kinds.flatMap(({ name, folder: is }) => (is === folders ? [name] : [])).sort((a, b) => (a < b ? -1 : 1));
    return { folders: names(true), files: names(false) };
  } catch (error) {
    throw fileError(folder, error);
  }
}

const AT_ONCE = 64;

/** Each file's text, in the order given, a few files at a time. */
export async function* readFiles(files: readonly TextFile[], context: ReadContext): AsyncGenerator<SourceRow> {
  for (let done = 0; done < files.length; done += AT_ONCE) {
    context.signal.throwIfAborted();
    const batch = files.slice(done, done + AT_ONCE);
    const texts = await Promise.all(batch.map(({ file }) => readOne(file, context)));
    for (const [i, text] of texts.entries()) if (text !== null) yield { ...(batch[i] as TextFile), text, line: null };
    context.progress({ stage: 'read files', done: done + batch.length, of: files.length, unit: 'rows' });
  }
}

async function readOne(file: string, context: ReadContext): Promise<string | null> {
  try {
    if ((await fileSize(file, context.folder)) > LONGEST) {
      context.problem({ file, line: null, message: `longer than ${LONGEST / 2 ** 20} MiB: no text is` });
      return null;
    }
    return decodeText(await readFile(resolve(context.folder, file)), file, context);
  } catch (error) {
    for (const problem of (error instanceof DataError ? error : fileError(file, error)).problems)
      context.problem(problem);
    return null;
  }
}
