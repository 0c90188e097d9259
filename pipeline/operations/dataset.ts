import type { LoadContext } from '../data/collect.ts';
import { type Dataset, loadDataset } from '../data/load.ts';
import type { Listener } from '../progress.ts';
import type { Workspace } from '../workspace.ts';

/** How data are read: paths from the configuration's folder, downloads into its cache, progress shown. */
export function loadContext(workspace: Workspace, listener: Listener, signal: AbortSignal): LoadContext {
  return {
    folder: workspace.loaded.root,
    cacheFolder: workspace.path(workspace.config.cache.path),
    signal,
    progress: ({ stage, done, of }) => of !== null && listener.progress.update(stage, done, of),
  };
}

/** The configured data set. @throws {DataError} {DownloadError} */
export const loadConfigured = (workspace: Workspace, listener: Listener, signal: AbortSignal): Promise<Dataset> =>
  loadDataset(workspace.config.data, loadContext(workspace, listener, signal));
