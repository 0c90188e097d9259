import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type * as z from 'zod';
import type { LoadContext } from '../../pipeline/data/collect.ts';
import { loadDataset } from '../../pipeline/data/load.ts';
import { DataOptions } from '../../pipeline/data/options.ts';
import type { ReadContext, Source, SourceRow } from '../../pipeline/data/source.ts';
import { DataError, type Problem } from '../../pipeline/errors.ts';
import { temporaryFolder } from './paths.ts';
import { rejects } from './rejects.ts';

/** A folder with these files in it, and a path for a cache that does not exist yet. */
export function dataFolder(files: Record<string, string | Uint8Array> = {}): LoadContext {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return { folder, cacheFolder: join(folder, 'cache') };
}

/** Loads with options as a user writes them: only those that differ from the default. */
export const load = (options: z.input<typeof DataOptions>, context: LoadContext) =>
  loadDataset(DataOptions.parse(options), context);

/** The lines of the error with which a load ends, as a user sees them. */
export async function complaint(loading: Promise<unknown>): Promise<{ error: DataError; lines: string[] }> {
  const error = await rejects(loading, DataError);
  return { error, lines: error.message.split('\n').map((line) => line.trim()) };
}

/** Everything a source yields and reports. */
export async function drain(source: Source, context: LoadContext): Promise<{ rows: SourceRow[]; problems: Problem[] }> {
  const rows: SourceRow[] = [];
  const problems: Problem[] = [];
  const silent: ReadContext = {
    progress: () => {},
    signal: new AbortController().signal,
    fetch,
    ...context,
    problem: (problem) => problems.push(problem),
  };
  for await (const row of source.read(silent)) rows.push(row);
  return { rows, problems };
}
