import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { RegistryError } from './errors.ts';

/** A lock file of git's on a ref or a file of a repository: while it exists, no other process can write there. */
export type GitLock = { readonly path: string; readonly ageMs: number };

/**
 * Git holds a lock for milliseconds. A lock that is as old as this, and that no git process of this machine can hold,
 * was left by a git that was killed.
 */
export const ABANDONED_MS = 60_000;

/** The lock that git says it could not take, or null if it failed for another reason. */
export const lockIn = (stderr: string): string | null =>
  /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1] ?? null;

/** A ref is locked, by a git that is at work or by one that was killed. Nothing was changed. */
export class RefLockedError extends RegistryError {
  readonly code = 'ref_locked';
}

/** @param lock null if it is gone by now */
export function refLocked(refs: readonly string[], path: string, lock: GitLock | null, cause: unknown): RefLockedError {
  const what = `${refs.join(' or ')} could not be moved: another git held ${path}`;
  if (lock === null) return new RefLockedError(`${what}, which is gone now: try again`, { cause });
  return new RefLockedError(`${what}, which is ${ageOf(lock)} old: ${howToMend(lock)}`, { cause });
}

/** What to do about an existing lock. */
export const howToMend = ({ path }: GitLock): string =>
  process.platform === 'linux'
    ? `if a git was killed, try again in a minute, and the lock is removed (it is removed once it is ${ABANDONED_MS / 1000} s old and no git process is at this repository); if it stays, make sure that no git is running there, on any machine, and remove ${path}`
    : `make sure that no git is running there, and remove ${path}`;

export const ageOf = ({ ageMs }: GitLock): string => `${Math.max(0, Math.round(ageMs / 1000))} s`;

/** A lock as it is now, or null if it does not exist. */
export async function lockAt(path: string, now = Date.now()): Promise<GitLock | null> {
  const stats = await lstat(path).catch(() => null);
  return stats && { path, ageMs: now - stats.mtimeMs };
}

/** Every lock in a repository, in the order of their paths. */
export async function locksOf(gitDir: string, now = Date.now()): Promise<GitLock[]> {
  const names = await readdir(gitDir);
  const refs = await readdir(join(gitDir, 'refs'), { recursive: true }).catch(() => []);
  const paths = [...names.map((name) => join(gitDir, name)), ...refs.map((name) => join(gitDir, 'refs', name))];
  const locks = await Promise.all(paths.filter((path) => path.endsWith('.lock')).map((path) => lockAt(path, now)));
  return locks.filter((lock) => lock !== null).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Removes a lock that was left by a git of this user that has ended. It must be an old plain file inside the
 * repository, with nothing but an object id in it, and no git process of this machine may be working on the repository.
 *
 * @returns whether it was removed
 */
export async function removeAbandonedLock(gitDir: string, path: string, now = Date.now()): Promise<boolean> {
  const inside = relative(resolve(gitDir), resolve(path));
  if (inside.startsWith('..') || inside.startsWith(sep)) return false;
  const stats = await lstat(path).catch(() => null);
  if (!stats?.isFile() || now - stats.mtimeMs < ABANDONED_MS || stats.size > 65) return false;
  if (stats.uid !== process.getuid?.()) return false;
  if (!/^(?:[0-9a-f]{40,64}\n)?$/.test(await readFile(path, 'latin1'))) return false;
  if (gitMayBeAt(gitDir)) return false;
  await rm(path, { force: true });
  return true;
}

/**
 * Whether a git that can take locks works on this repository, as far as this machine's processes tell; true if they do
 * not tell.
 */
function gitMayBeAt(gitDir: string): boolean {
  const place = resolve(gitDir);
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .some((pid) => isGitAt(`/proc/${pid}`, place));
  } catch {
    return true; // not Linux
  }
}

function isGitAt(process: string, place: string): boolean {
  try {
    if (!readFileSync(`${process}/comm`, 'latin1').startsWith('git')) return false;
  } catch {
    return false; // it has ended
  }
  try {
    const args = readFileSync(`${process}/cmdline`, 'utf8').split('\0');
    if (args.includes('cat-file')) return false; // reads only
    return args.some((arg) => arg.includes(place)) || `${readlinkSync(`${process}/cwd`)}${sep}`.startsWith(place + sep);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'; // another user's: it cannot be known
  }
}
