import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Holder = { readonly host: string; readonly pid: number };

/**
 * Whether a process of this machine is alive; one of another machine counts as alive, since nobody here can tell.
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

/** Locks that this process holds: one that names it and is not among them is left from a process with the same number. */
const mine = new Set<string>();

/**
 * Runs `work` while no other process of this machine holds the same lock file, waiting for its turn.
 * A lock whose holder died is taken over. It keeps work from being done twice; it guards no data: stores do that themselves.
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
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true });
  const me: Holder = { host: hostname(), pid: process.pid };
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(me));
  try {
    linkSync(draft, file); // appears whole or not at all
    mine.add(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const holder = readHolder(file);
  const gone = holder && (isMe(holder) ? !mine.has(file) : !isAlive(holder));
  if (gone) rmSync(file, { force: true });
  return false;
}

const isMe = ({ host, pid }: Holder): boolean => host === hostname() && pid === process.pid;

/** Null if the holder has just removed it. */
function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}
