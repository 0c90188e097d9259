import { readFileSync } from 'node:fs';

/**
 * Whether the process that has this number now can be the one that began then. It can where the start of either is not known.
 *
 * @param start as `startOf` gave it
 */
export function canHaveStarted(pid: number, start: string): boolean {
  const now = startOf(pid);
  return start === '0' || now === '0' || now === start;
}

/**
 * When a process began, in ticks since the system did: a number is given again, but not with the same start.
 *
 * @returns 0 where nobody says: there is no such process, or this is not Linux. Source: proc(5), field 22 of `stat`
 */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}
