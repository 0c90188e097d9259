import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';

/** With more objects in files of their own than this, git and copies of the folder become slow. */
export const MOST_LOOSE = 2000;
/** Git and Pawl write a draft of an object in one go. One that has not grown for so long belongs to no living writer. */
const ABANDONED_MS = 10 * 60_000;
const PACK_MS = 10 * 60_000;

export type ObjectFiles = {
  /** How many objects are files of their own. */
  readonly loose: number;
  readonly packs: number;
  /** Drafts of objects and packs that killed processes have left. */
  readonly abandoned: readonly string[];
};

/** Counts a repository's object files. */
export async function objectFiles(gitDir: string, now = Date.now()): Promise<ObjectFiles> {
  const objects = join(gitDir, 'objects');
  let [loose, packs] = [0, 0];
  const drafts: string[] = [];
  for (const folder of await readdir(objects).catch(() => []))
    if (folder === 'pack' || /^[0-9a-f]{2}$/.test(folder))
      for (const name of await readdir(join(objects, folder)).catch(() => [])) {
        if (/^(?:tmp_(?:obj|pack|idx|rev)_|\.tmp-[0-9]+-pack-)/.test(name)) drafts.push(join(objects, folder, name));
        else if (name.endsWith('.pack')) packs++;
        else if (folder !== 'pack') loose++;
      }
  const ages = await Promise.all(drafts.map((path) => lstat(path).catch(() => null)));
  const abandoned = drafts.filter((_, i) => ages[i]?.isFile() && now - ages[i].mtimeMs > ABANDONED_MS);
  return { loose, packs, abandoned };
}

/**
 * Removes what killed processes have left among the objects, and packs the objects if more than `most` are files of
 * their own. Nothing that any process can read is lost, so others may read and write meanwhile. Packs that are less than
 * twice as large as the next are joined, so that their number stays small.
 *
 * What cannot be done is left to the next call: the repository is as good without it.
 *
 * @returns what it found before
 */
export async function tidy(git: Git, most = MOST_LOOSE): Promise<ObjectFiles> {
  const found = await objectFiles(git.gitDir);
  for (const path of found.abandoned) await rm(path, { force: true }).catch(() => {});
  if (found.loose > most)
    await git.run(['repack', '--geometric=2', '-d', '-l', '-q'], { timeoutMs: PACK_MS }).catch(() => {});
  return found;
}
