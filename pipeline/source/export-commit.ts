import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PawlError } from '../../events/errors.ts';
import { AmbiguousPathError, type Git } from '../../registry-repo/git.ts';
import { OutputTooLargeError } from '../../registry-repo/git-process.ts';
import type { TreeEntry } from '../../registry-repo/git-tree.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { MAX_SETTINGS_BYTES } from '../config/read-settings.ts';
import { plainPath } from '../errors.ts';

/**
 * A commit that asks for what the watcher's settings do not allow. Nothing of it ran; trying it again changes nothing.
 */
export class CommitRefusedError extends PawlError {
  readonly code = 'commit_refused';
}

/** Limits of a commit, from the settings `watch.limits`. */
export type ExportLimits = {
  /** Files, folders and all other entries of its trees. */
  readonly entries: number;
  /** Of all files together, in units of 2²⁰ bytes. */
  readonly megabytes: number;
  /** Folders within folders. */
  readonly depth: number;
};

/** Links and submodules of a commit, which are not written. Paths with `/`, as in the tree. */
export type LeftOut = readonly string[];

const FILES: Readonly<Record<string, number>> = { '100644': 0o644, '100664': 0o644, '100755': 0o755 };
/** Names that some file system takes for another folder, or for another repository's settings. */
const NOT_A_NAME = /^(?:|\.|\.\.|\.git|git~1)$|[/\\]|\p{Cc}/iu;
const LONGEST_PATH = 2000;
const SETTINGS_FILE = 'pawl.yaml';
/** How many sizes are asked for at once. */
const AT_ONCE = 256;

/**
 * Writes the plain files of a commit into an empty folder, from its objects alone: no filter, hook or setting of that
 * repository is used. Everything is counted and sized before anything is written.
 *
 * @throws {CommitRefusedError} for a commit beyond the limits, or one that git itself would not write
 * @throws {GitError} if it cannot be read
 */
export async function exportCommit(git: Git, commit: ObjectId, folder: string, limits: ExportLimits): Promise<LeftOut> {
  const { files, leftOut } = await listFiles(git, commit, limits);
  const sizes = await sizesOf(git, files);
  let total = 0;
  for (const { oid, path } of files) {
    const size = sizes.get(oid) ?? 0;
    total += size;
    if (path === SETTINGS_FILE && size > MAX_SETTINGS_BYTES)
      throw new CommitRefusedError(
        `${path} of the commit has ${size} bytes; settings have ${MAX_SETTINGS_BYTES} at most`,
      );
  }
  if (total > limits.megabytes * 2 ** 20)
    throw new CommitRefusedError(
      `the commit's files have ${total} bytes, more than watch.limits.megabytes (${limits.megabytes}) allows: raise it if they are meant to`,
    );
  const made = new Set<string>();
  for (const { oid, path, mode } of files) {
    const target = join(folder, path);
    if (!made.has(dirname(target))) await mkdir(dirname(target), { recursive: true });
    made.add(dirname(target));
    await writeFile(target, await git.blob(oid, limits.megabytes * 2 ** 20), {
      mode: FILES[mode] ?? 0o644,
      flag: 'wx',
    });
  }
  return leftOut;
}

/** Counted while it is read: a few trees that name one another many times can expand to any number of files. */
async function listFiles(
  git: Git,
  commit: ObjectId,
  limits: ExportLimits,
): Promise<{ files: TreeEntry[]; leftOut: string[] }> {
  const files: TreeEntry[] = [];
  const leftOut: string[] = [];
  const folders = [{ oid: commit, path: '', depth: 0 }];
  let entries = 0;
  for (let at = folders.pop(); at; at = folders.pop()) {
    const inside = await entriesOf(git, at.oid, at.path);
    entries += inside.length;
    if (entries > limits.entries)
      throw new CommitRefusedError(
        `the commit has more entries than watch.limits.entries (${limits.entries}) allows: raise it if they are meant to be so many`,
      );
    const names = new Set<string>();
    for (const { path: name, ...entry } of inside) {
      const path = at.path === '' ? name : `${at.path}/${name}`;
      if (NOT_A_NAME.test(name) || names.has(name) || path.length > LONGEST_PATH)
        throw new CommitRefusedError(`the commit has an entry ${shown(path)}, which is no name for a file`);
      names.add(name);
      if (entry.type === 'tree') {
        if (at.depth + 1 > limits.depth)
          throw new CommitRefusedError(
            `the commit's folders are nested deeper than watch.limits.depth (${limits.depth}) allows: ${shown(path)}`,
          );
        folders.push({ oid: entry.oid, path, depth: at.depth + 1 });
      } else if (Object.hasOwn(FILES, entry.mode)) files.push({ ...entry, path });
      else if (path === SETTINGS_FILE)
        throw new CommitRefusedError(`${path} of the commit is a link or a submodule: commit the settings themselves`);
      else leftOut.push(path);
    }
  }
  return { files, leftOut };
}

async function entriesOf(git: Git, oid: ObjectId, path: string): Promise<TreeEntry[]> {
  try {
    return await git.folder(oid, '');
  } catch (cause) {
    if (!(cause instanceof OutputTooLargeError || cause instanceof AmbiguousPathError)) throw cause;
    throw new CommitRefusedError(`the commit's folder ${shown(path) || '/'} cannot be listed: ${cause.message}`, {
      cause,
    });
  }
}

/** Each blob is read once, however often it is named. */
async function sizesOf(git: Git, files: readonly TreeEntry[]): Promise<Map<ObjectId, number>> {
  const oids = [...new Set(files.map(({ oid }) => oid))];
  const sizes = new Map<ObjectId, number>();
  for (let from = 0; from < oids.length; from += AT_ONCE)
    await Promise.all(oids.slice(from, from + AT_ONCE).map(async (oid) => sizes.set(oid, await git.blobSize(oid))));
  return sizes;
}

const shown = (path: string): string => plainPath(path).slice(0, 300);
