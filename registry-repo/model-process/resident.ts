import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Measures a process's memory from outside. */
export type MemoryLook = {
  readonly everyMs: number;
  /** Megabytes; null if the process has ended, or this machine does not tell. */
  readonly of: (pid: number) => Promise<number | null>;
};

/** Whether this machine tells how much memory a process takes. This process is certainly there, so it is measured. */
export const canBound = async ({ of }: MemoryLook): Promise<boolean> => (await of(process.pid)) !== null;

/**
 * Linux tells the most that a process ever had, at the cost of reading a small file. Elsewhere `ps` is a process of its
 * own, and must be rare beside a model that is timed; growth within a second is then noticed late, but noticed.
 */
export const memoryLook = (platform: NodeJS.Platform = process.platform): MemoryLook =>
  platform === 'linux' ? { everyMs: 100, of: highWaterMark } : { everyMs: 1000, of: residentNow };

/** The memory of the process and of those that it started: a sandbox is the parent of the process in it. */
const highWaterMark = async (pid: number): Promise<number | null> => markOf(pid, 3);

/** Read synchronously: the kernel makes these few lines up, and a thread that waits for them would cost more. */
function markOf(pid: number, deep: number): number | null {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  if (kilobytes === undefined) return null;
  const children = deep > 0 ? textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean) : [];
  return children.reduce((sum, child) => sum + (markOf(Number(child), deep - 1) ?? 0), Number(kilobytes) / 1024);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // ended
  }
}

async function residentNow(pid: number): Promise<number | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout.trim()) / 1024 || null;
  } catch {
    return null; // no such process, or no `ps`
  }
}
