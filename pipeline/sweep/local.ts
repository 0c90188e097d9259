import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export type PointOutcome = { readonly index: number; readonly ok: boolean; readonly message: string };

type Options = {
  readonly parallel: number;
  /** Of all runs together; null for no limit. */
  readonly memoryMegabytes: number | null;
  /** Arguments of the child that runs a point. */
  readonly command: (index: number) => readonly string[];
  readonly folder: string;
  readonly onEnd: (outcome: PointOutcome) => void;
  readonly signal: AbortSignal;
};

const POLL_MS = 100;

/**
 * Runs points in processes of their own, some at a time. The first runs alone where memory is bounded: as many as its peak
 * has room for follow together.
 */
export async function runLocally(indices: readonly number[], options: Options): Promise<void> {
  const { parallel, memoryMegabytes, signal } = options;
  const queue = [...indices];
  let width = parallel;
  if (memoryMegabytes !== null && queue.length > 0) {
    const peak = await runPoint(queue.shift() as number, options);
    if (peak !== null) width = Math.max(1, Math.min(parallel, Math.floor((memoryMegabytes * 2 ** 20) / peak)));
  }
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift())
      await runPoint(next, options);
  };
  await Promise.all(Array.from({ length: width }, worker));
  signal.throwIfAborted();
}

/** @returns the child's peak of resident memory, bytes; null where the system does not tell */
function runPoint(index: number, { command, folder, onEnd, signal }: Options): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...command(index)], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let [peak, said] = [null as number | null, ''];
    const poll = setInterval(() => {
      peak = peakOf(child.pid) ?? peak;
    }, POLL_MS);
    const stop = () => child.kill('SIGINT'); // the run records that it was stopped
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-2000);
    });
    const end = (ok: boolean, message: string) => {
      clearInterval(poll);
      signal.removeEventListener('abort', stop);
      onEnd({ index, ok, message });
      resolve(peak);
    };
    child.on('error', (error) => end(false, error.message));
    child.on('close', (code, killed) => end(code === 0, code === 0 ? '' : said.trim() || `ended by ${killed ?? code}`));
  });
}

function peakOf(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
