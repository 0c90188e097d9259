import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const STATE = '.pawl';

/** Bits of a mode that give access to anyone but the owner. */
const OTHERS = 0o077;
const windows = process.platform === 'win32';

/**
 * Makes the folder of the private keys and the log safe: only its owner may enter it, and git ignores it. A folder that
 * an older Pawl made is repaired, with everything in it. Files made from now on are the owner's alone as well, whatever
 * the umask was; except files that the user named (`asUser`).
 *
 * @param root the folder of the settings
 */
export function keepState(root: string): void {
  const before = process.umask(OTHERS);
  users ??= before;
  const folder = join(root, STATE);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mendState(root);
}

/** The user's umask, if it is no longer the process's. */
let users: number | undefined;

/**
 * Makes a file that the user named, with the access that the user's own umask gives to others.
 *
 * @param work waits for nothing, so that nothing else is made meanwhile
 */
export function asUser<T>(work: () => T): T {
  if (users === undefined) return work();
  const before = process.umask(users);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

/** The mode that the user's own umask gives a new file. */
export const usersMode = (): number => 0o666 & ~(users ?? process.umask());

/** The same for an existing folder; makes none. A folder of another user cannot be repaired here. */
export function mendState(root: string): void {
  const folder = join(root, STATE);
  // Git tracks nothing behind a link, and a link's target may have other uses.
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return;
  const ignore = join(folder, '.gitignore');
  const wrong = openToOthers(folder) || !existsSync(ignore);
  if (!wrong) return;
  try {
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n', { mode: 0o600 });
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) close(join(folder, entry));
    // Last: if this is interrupted, the next call begins again.
    close(folder);
  } catch (error) {
    if (!['EPERM', 'EACCES', 'EROFS', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** What is unsafe about the state folder, or null. */
export function stateProblem(root: string): string | null {
  const folder = join(root, STATE);
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return null;
  if (openToOthers(folder)) return `${folder} can be read by other users of this machine`;
  return existsSync(join(folder, '.gitignore'))
    ? null
    : `${folder} has no .gitignore: \`git add -A\` would take its keys`;
}

const openToOthers = (path: string): boolean => !windows && (lstatSync(path).mode & OTHERS) !== 0;

function close(path: string): void {
  if (windows) return;
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || found.isSymbolicLink() || (found.mode & OTHERS) === 0) return;
  chmodSync(path, found.mode & 0o7777 & ~OTHERS);
}
