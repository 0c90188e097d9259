import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { DataError, plainPath } from '../errors.ts';
import { type Content, download } from './download.ts';
import { fileError, readBytes } from './file.ts';
import { list, listLabels, readFiles, type TextFile } from './folder.ts';
import type { OptionsOf } from './options.ts';
import type { ReadContext, Source, SourceRow } from './source.ts';
import { decodeText, LONGEST } from './text-file.ts';

/** The archive as its authors publish it. */
export const ARCHIVE: Content = {
  name: 'aclImdb_v1.tar.gz',
  bytes: 84_125_825,
  checksum: { algorithm: 'md5', hex: '7c2ac02c03563afcf9b574c7e56c153a' },
  advice: {
    address: 'check the address: it must be that of an exact copy (data.url)',
    offline: 'without the network, get the file elsewhere and give it with --data FILE.tar.gz',
  },
};

/**
 * The Large Movie Review Dataset: 25,000 training and 25,000 test reviews, half of each `neg` and half `pos`; the
 * archive's unlabelled reviews are left out. A local copy may hold a part of it, in the same layout,
 * `train|test/neg|pos/<id>_<rating>.txt`.
 *
 * @see Maas et al. (2011), "Learning Word Vectors for Sentiment Analysis", https://aclanthology.org/P11-1015/
 */
export const imdbSource = ({ path, url }: OptionsOf<'imdb'>, archive: Content = ARCHIVE): Source => ({
  kind: 'imdb',
  location: (path === null ? url : plainPath(path)).slice(-1000),
  async *read(context) {
    const place = path ?? (await download(url, archive, context));
    yield* (await isFolder(place, context)) ? readFolder(place, context) : readArchive(place, context);
  },
});

async function isFolder(path: string, context: ReadContext): Promise<boolean> {
  const found = await stat(resolve(context.folder, path)).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  return found.isDirectory();
}

const LAYOUT = 'no reviews here: the layout must be aclImdb/train/pos/0_9.txt and so on, as in the original archive';
const noReviews = (file: string): DataError => new DataError([{ file, line: null, message: LAYOUT }]);

const REVIEW = /(?:^|[/\\])(train|test)[/\\](neg|pos)[/\\]\d+_\d+\.txt$/;

async function* readFolder(folder: string, context: ReadContext): AsyncGenerator<SourceRow> {
  const { folders } = await list(folder, context);
  if (folders.includes('aclImdb')) return yield* readFolder(join(folder, 'aclImdb'), context);
  const found: TextFile[][] = [];
  for (const split of ['train', 'test'] as const)
    if (folders.includes(split)) found.push(await listLabels({ folder: join(folder, split), split }, context));
  const reviews = found.flat().filter(({ file }) => REVIEW.test(file));
  if (reviews.length === 0) throw noReviews(folder);
  yield* readFiles(reviews, context);
}

async function* readArchive(file: string, context: ReadContext): AsyncGenerator<SourceRow> {
  let reviews = 0;
  for await (const { found, text, inside } of readEntries(file, REVIEW, context)) {
    reviews++;
    const [, split, label] = found as unknown as [string, 'train' | 'test', string];
    if (text !== null) yield { split, label, text, file: inside, line: null };
  }
  if (reviews === 0) throw noReviews(file);
}

/** An entry of an archive; `text` is null for one that is not UTF-8, which is reported. */
export type Entry = { readonly found: RegExpExecArray; readonly text: string | null; readonly inside: string };

/** The texts of a tar archive whose names match, compressed or not. @throws {DataError} for one cut off or damaged */
export async function* readEntries(file: string, wanted: RegExp, context: ReadContext): AsyncGenerator<Entry> {
  const entries = extract();
  pipeline(Readable.from(readBytes(file, context)), entries, () => {}); // the loop below throws its errors
  try {
    for await (const entry of entries) {
      const { name, type, size = 0 } = entry.header;
      const found = type === 'file' ? wanted.exec(name) : null;
      if (found === null) {
        entry.resume();
        continue;
      }
      const inside = `${file}/${name}`;
      if (size > LONGEST) throw new DataError([{ file: inside, line: null, message: 'longer than any review' }]);
      const parts: Buffer[] = [];
      for await (const part of entry) parts.push(part as Buffer);
      yield { found, inside, text: decodeText(Buffer.concat(parts), inside, context) };
    }
  } catch (error) {
    if (error instanceof DataError || context.signal.aborted) throw error;
    throw new DataError([{ file, line: null, message: whyNoArchive(error as Error) }], 1, { cause: error });
  }
}

const whyNoArchive = ({ message }: Error): string =>
  /end of data/i.test(message)
    ? 'the archive is cut off: copy or download it again'
    : 'not a tar archive, or a damaged one: give the original aclImdb_v1.tar.gz or its unpacked folder';
