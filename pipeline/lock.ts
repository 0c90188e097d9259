import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Holder = { readonly host: string; readonly pid: number };

/**
 * Whether a process of this machine is alive. A process of another machine counts as alive, because that cannot be
 * checked here.
 *
 * @param since when it was alive for certain: a restarted container gives its processes the numbers of those that died
 */
export function isAlive({ host, pid }: Holder, since?: Date): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return since === undefined || since.getTime() >= Math.floor(performance.timeOrigin);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Locks that this process holds. A lock that names this process and is not among them is left from an earlier process
 * with the same number.
 */
const mine = new Set<string>();

/**
 * Runs `work` while no other process of this machine holds the same lock, waiting for its turn. A lock whose holder
 * died is taken over. The lock prevents double work; it does not protect data: stores do that themselves.
 *
 * @throws the signal's reason if it aborts while waiting
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: { signal?: AbortSignal; pollMs?: number } = {},
): Promise<T> {
  while (!take(file)) await sleep(options.pollMs ?? 250, undefined, options.signal ? { signal: options.signal } : {});
  try {
    return await work();
  } finally {
    mine.delete(file);
    remove(file);
  }
}

const HOLDER = 'holder.json';

/**
 * A lock is a folder that names its holder. A renamed folder cannot replace a folder that has something in it, so one
 * process gets the lock, and it appears whole or not at all. This also works on file systems without hard links.
 */

function take(lock: string): boolean {
  mkdirSync(dirname(lock), { recursive: true });
  const me: Holder = { host: hostname(), pid: process.pid };
  const draft = `${lock}.${randomUUID()}`;
  mkdirSync(draft);
  try {
    writeFileSync(join(draft, HOLDER), JSON.stringify(me));
    renameSync(draft, lock);
    mine.add(lock);
    return true;
  } catch (error) {
    if (!isTaken(error as NodeJS.ErrnoException, lock)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  if (isGone(lock)) remove(lock, isGone);
  return false;
}

const isTaken = ({ code = '' }: NodeJS.ErrnoException, lock: string): boolean =>
  ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code) || (code === 'EPERM' && existsSync(lock)); // Windows answers EPERM

/** Whether a lock's holder has died. If it cannot be read, it was just released. */
function isGone(lock: string, path = lock): boolean {
  const holder = readHolder(path);
  return holder !== null && (isMe(holder) ? !mine.has(lock) : !isAlive(holder));
}

/**
 * Moves a lock away in one step, and only then deletes it.
 *
 * @param really asked again about what was moved: another process may have taken over meanwhile, and gets its lock back
 */
function remove(lock: string, really: (lock: string, path: string) => boolean = () => true): void {
  const doomed = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another process was faster
    throw error;
  }
  try {
    if (!really(lock, doomed)) renameSync(doomed, lock);
  } catch {
    // A third process has it now.
  }
  rmSync(doomed, { recursive: true, force: true });
}

const isMe = ({ host, pid }: Holder): boolean => host === hostname() && pid === process.pid;

/** Null if the holder has just removed it. */
function readHolder(lock: string): Holder | null {
  for (const file of [join(lock, HOLDER), lock]) // earlier, the lock was a file
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Holder;
    } catch {
      // Not this one.
    }
  return null;
}
