import { renameSync, rmSync, statSync } from 'node:fs';
import { isEventStore } from '../events/log-file.sqlite.ts';
import { notViews, SqliteViews } from './views.sqlite.ts';

/**
 * Opens the views. A damaged file is put aside as `….damaged`, in case a setting names a file that is no views, and a
 * new one is made: it is folded again from the log.
 *
 * @throws {StoreError} if the file cannot be opened for another reason than damage, or is an event log
 */
export function openViews(file: string): SqliteViews {
  const views = openWhole(file);
  if (views) return views;
  if (isEventStore(file)) throw notViews(file);
  for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true }); // beside another file they would damage it
  renameSync(file, `${file}.damaged`);
  return new SqliteViews(file);
}

/** Null if it is damaged. */
function openWhole(file: string): SqliteViews | null {
  let views: SqliteViews | undefined;
  try {
    views = new SqliteViews(file);
    if (views.isWhole()) return views;
  } catch (error) {
    if (!DAMAGED.test((error as Error).message) && !isCutOff(file)) {
      views?.close();
      throw error;
    }
  }
  views?.close();
  return null;
}

/** SQLite reads and writes whole pages, and calls half of one an error of the disk. */
const isCutOff = (file: string): boolean => statSync(file).size % 512 !== 0;

/** SQLite's words for it, and for tables that are not those of views: https://www.sqlite.org/rescode.html */
const DAMAGED = /malformed|not a database|no such (?:table|column)|has no column|there is already/;
