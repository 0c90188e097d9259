import { readdirSync, readFileSync } from 'node:fs';
import type { Usage } from './memory.ts';

/** A process and all its descendants: ids, the process itself first. */
export type Tree = readonly number[];

/** Each process with its descendants, from `/proc`; null if a system has none. */
export function treesOf(roots: readonly number[]): Map<number, Tree> | null {
  const children = new Map<number, number[]>();
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  for (const name of names) {
    const parent = /\) \S (\d+) /.exec(read(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  if (children.size === 0) return null;
  const from = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(from)];
  return new Map(roots.map((root) => [root, from(root)]));
}

/** Resident memory of a tree. Shared memory counts for each process. */
export function usageOf(tree: Tree): Usage {
  let [now, peak] = [0, 0];
  for (const pid of tree) {
    const status = read(`/proc/${pid}/status`);
    now += kilobytes(status, 'VmRSS') * 1024;
    peak += kilobytes(status, 'VmHWM') * 1024;
  }
  return { now, peak };
}

const kilobytes = (status: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);

/** Empty for a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
