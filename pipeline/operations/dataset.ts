import type { LoadContext } from '../data/collect.ts';
import { type Dataset, loadDataset } from '../data/load.ts';
import type { Listener } from '../progress.ts';
import type { Networked, Places, Rooted } from '../world.ts';

/** How data are read: paths from the configuration's folder, downloads into its cache, progress shown. */
export function loadContext(
  world: Places & Rooted & Networked,
  listener: Pick<Listener, 'progress'>,
  signal: AbortSignal,
): LoadContext {
  return {
    folder: world.loaded.root,
    cacheFolder: world.path(world.config.cache.path),
    signal,
    fetch: world.fetch,
    progress: ({ stage, done, of }) => of !== null && listener.progress.update(stage, done, of),
  };
}

/** The configured data set. @throws {DataError} {DownloadError} */
export const loadConfigured = (
  world: Places & Rooted & Networked,
  listener: Listener,
  signal: AbortSignal,
): Promise<Dataset> => loadDataset(world.config.data, loadContext(world, listener, signal));
