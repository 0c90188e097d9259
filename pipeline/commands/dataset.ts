import type { LoadContext } from '../data/collect.ts';
import { type Dataset, loadDataset } from '../data/load.ts';
import type { Output } from '../output.ts';
import type { Workspace } from '../workspace.ts';

/** How a command reads data: paths from the configuration's folder, downloads into its cache, progress shown. */
export function loadContext(workspace: Workspace, out: Output, signal: AbortSignal): LoadContext {
  return {
    folder: workspace.loaded.root,
    cacheFolder: workspace.path(workspace.config.cache.path),
    signal,
    progress: ({ stage, done, of }) => of !== null && out.progress.update(stage, done, of),
  };
}

/** The configured data set. @throws {DataError} {DownloadError} */
export const loadConfigured = (workspace: Workspace, out: Output, signal: AbortSignal): Promise<Dataset> =>
  loadDataset(workspace.config.data, loadContext(workspace, out, signal));

/** Flags that say where data comes from, without writing a settings file. */
export const DATA_FLAGS = [
  { flags: '--dataset <kind>', description: 'sample, imdb, csv, jsonl or folder', setting: 'data.kind' },
  {
    flags: '--data <path>',
    description: 'the file, archive or folder with the rows',
    setting: 'data.path',
    path: true,
  },
] as const;
