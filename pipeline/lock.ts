import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PawlError } from '../events/errors.ts';
import { canHaveStarted, startOf } from '../registry-repo/process-start.ts';

type Holder = {
  readonly host: string;
  readonly pid: number;
  /** When the process began, in ticks: another one may have its number now. Missing in locks of older versions. */
  readonly start?: string;
};

/** Somebody has held a lock for longer than was to be waited. */
export class LockHeldError extends PawlError {
  readonly code = 'lock_held';
}

/** A lock that nobody can be read from is not being made any more after this: it is what a full or failing disk has left. */
const MAKING_MS = 5000;
const WAIT_MS = 60_000;
const TELL_MS = 1000;

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

/** How to wait for a lock. */
export type LockWait = {
  /** Ends the wait; without one it ends after a minute. */
  readonly signal?: AbortSignal;
  readonly waitMs?: number;
  readonly pollMs?: number;
  /** Told once for whom this waits, if that takes longer than a moment. */
  readonly say?: (line: string) => void;
  readonly tellMs?: number;
};

/**
 * Runs `work` while no other process of this machine holds the same lock, waiting for its turn. A lock whose holder
 * died is taken over. The lock prevents double work; it does not protect data: stores do that themselves.
 *
 * @throws the signal's reason if it aborts while waiting @throws {LockHeldError} if the wait takes too long
 */
export async function withLock<T>(file: string, work: () => Promise<T>, wait: LockWait = {}): Promise<T> {
  const { signal, waitMs = signal ? Number.POSITIVE_INFINITY : WAIT_MS, pollMs = 250, tellMs = TELL_MS } = wait;
  const since = performance.now();
  let told = false;
  while (!take(file)) {
    const waited = performance.now() - since;
    if (waited >= waitMs)
      throw new LockHeldError(`${heldBy(file)}; waited for ${Math.round(waited / 1000)} s: end it, or try again`);
    if (!told && waited >= tellMs) wait.say?.(`waiting: ${heldBy(file)}`);
    told ||= waited >= tellMs;
    await sleep(pollMs, undefined, signal ? { signal } : {});
  }
  try {
    return await work();
  } finally {
    mine.delete(file);
    remove(file);
  }
}

/** Who holds a lock, and since when, for people. */
function heldBy(lock: string): string {
  const holder = readHolder(lock);
  const since = statSync(lock, { throwIfNoEntry: false })?.mtime.toISOString();
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'a process that has not said its name';
  return `${who} holds ${basename(lock)}${since === undefined ? '' : ` since ${since}`}`;
}

const HOLDER = 'holder.json';

/**
 * A lock is a folder that names its holder. A renamed folder cannot replace a folder that has something in it, so one
 * process gets the lock, and it appears whole or not at all. This also works on file systems without hard links.
 */

function take(lock: string): boolean {
  mkdirSync(dirname(lock), { recursive: true });
  const me: Holder = { host: hostname(), pid: process.pid, start: startOf(process.pid) };
  const draft = `${lock}.${randomUUID()}`;
  mkdirSync(draft);
  const now = statSync(draft).mtimeMs; // by the same clock as the lock's
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
  const gone = (path: string) => isGone(lock, path, now);
  if (gone(lock)) remove(lock, gone);
  return false;
}

const isTaken = ({ code = '' }: NodeJS.ErrnoException, lock: string): boolean =>
  ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code) || (code === 'EPERM' && existsSync(lock)); // Windows answers EPERM

/**
 * Whether whoever holds it has died. Who cannot be read has just given it back, unless it lies there for long.
 *
 * @param path where it lies: once it is taken away, elsewhere @param now by the clock of the file system
 */
function isGone(lock: string, path: string, now: number): boolean {
  const holder = readHolder(path);
  if (holder) return isMe(holder) ? !mine.has(lock) : !isAlive(holder) || isAnother(holder);
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && now - made > MAKING_MS;
}

/** Whether the number is by now that of another process. */
const isAnother = ({ host, pid, start = '0' }: Holder): boolean => host === hostname() && !canHaveStarted(pid, start);

/**
 * Moves a lock away in one step, and only then deletes it.
 *
 * @param really asked again about what was moved: another process may have taken over meanwhile, and gets its lock back
 */
function remove(lock: string, really: (path: string) => boolean = () => true): void {
  const doomed = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another process was faster
    throw error;
  }
  try {
    if (!really(doomed)) renameSync(doomed, lock);
  } catch {
    // A third process has it now.
  }
  rmSync(doomed, { recursive: true, force: true });
}

const isMe = ({ host, pid }: Holder): boolean => host === hostname() && pid === process.pid;

/** Null if the holder has just removed it, or never said its name. */
function readHolder(lock: string): Holder | null {
  for (const file of [join(lock, HOLDER), lock]) // earlier, the lock was a file
    try {
      const holder = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder> | null;
      if (typeof holder?.host === 'string' && typeof holder.pid === 'number') return holder as Holder;
    } catch {
      // Not this one.
    }
  return null;
}
