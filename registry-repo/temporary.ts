import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readlinkSync } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { canHaveStarted, startOf } from './process-start.ts';

/** What a temporary folder or file is for. */
export type TemporaryKind = 'gate' | 'commit' | 'demo' | 'upload' | 'command';

const NAME = /^pawl-(?:gate|commit|demo|upload|command)-([0-9a-f]{8})-([0-9]{1,10})-([0-9]{1,20})-[0-9a-f]{12}$/;

/**
 * A name that tells which process made it: `pawl-KIND-MACHINE-PROCESS-START-RANDOM`. A process that is killed cannot
 * remove what it made. By the name, another process can tell that it is no longer needed (`removeAbandoned`).
 */
export const temporaryName = (kind: TemporaryKind): string =>
  `pawl-${kind}-${machine()}-${process.pid}-${startOf(process.pid)}-${randomBytes(6).toString('hex')}`;

/** Makes a folder that only its owner may enter. */
export async function temporaryFolder(parent: string, kind: TemporaryKind): Promise<string> {
  const folder = join(parent, temporaryName(kind));
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

export function temporaryFolderSync(parent: string, kind: TemporaryKind): string {
  const folder = join(parent, temporaryName(kind));
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/**
 * Removes what processes of this machine have left that have ended. It keeps whatever belongs to another machine or
 * container, another user, or a living process, and everything with another name.
 *
 * @param parents folders to look in; those that do not exist hold nothing
 * @returns the paths that were removed
 */
export async function removeAbandoned(parents: Iterable<string>): Promise<string[]> {
  const removed: string[] = [];
  for (const parent of new Set(parents))
    for (const name of await readdir(parent).catch(() => [])) {
      const [, at, pid = '', start] = NAME.exec(name) ?? [];
      if (at !== machine() || isRunning(Number(pid), start ?? '')) continue;
      const path = join(parent, name);
      if (!(await isOurs(path))) continue;
      const gone = await rm(path, { recursive: true, force: true }).then(
        () => true,
        () => false, // the next call tries again
      );
      if (gone) removed.push(path);
    }
  return removed;
}

/** Whether it is a plain folder or file of this user: in a folder that all may write to, a name proves nothing. */
async function isOurs(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  if (!stats || !(stats.isDirectory() || stats.isFile())) return false;
  return process.getuid === undefined || stats.uid === process.getuid();
}

/** Whether that process still runs. A process number is given again, but not with the same start. */
function isRunning(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return canHaveStarted(pid, start);
}

/** Names the space in which process numbers are unique: the machine, or the container. */
function machine(): string {
  let space = '';
  try {
    space = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux.
  }
  return createHash('sha256').update(`${hostname()}\n${space}`).digest('hex').slice(0, 8);
}
