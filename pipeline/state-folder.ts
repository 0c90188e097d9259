import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const STATE = '.pawl';

/** Bits of a mode that let anybody but the owner in. */
const OTHERS = 0o077;
const windows = process.platform === 'win32';

/**
 * The folder of the private keys and the log: its owner's alone, and git takes nothing of it. One that an older Pawl made is
 * mended, with all that is in it. Whatever is made from now on is its owner's alone as well, whatever the umask was; but for
 * what the user asked for by name (`asUser`).
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

/** Of the user, where it is no longer that of the process. */
let users: number | undefined;

/**
 * Makes what the user named, for others as well as their own umask says.
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

/** The same for a folder that is there already; makes none. What another user owns cannot be mended here. */
export function mendState(root: string): void {
  const folder = join(root, STATE);
  // Git takes nothing behind a link, and what a link leads to may be used for more.
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return;
  const ignore = join(folder, '.gitignore');
  const wrong = openToOthers(folder) || !existsSync(ignore);
  if (!wrong) return;
  try {
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n', { mode: 0o600 });
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) close(join(folder, entry));
    // Last: whoever is interrupted begins again.
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
