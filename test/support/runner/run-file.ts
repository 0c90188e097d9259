import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SIGNS_FD } from './tell.ts';
import { type Limits, type Sign, Watch } from './watch.ts';

export type Outcome = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  readonly output: string;
};

/** Calls `tick` once a second until it is stopped, unless another clock is given. */
export type Ticks = (tick: () => void) => { stop(): void };

const everySecond: Ticks = (tick) => {
  const timer = setInterval(tick, 1000);
  return { stop: () => clearInterval(timer) };
};

export type RunOptions = {
  readonly limits: Limits;
  readonly ticks?: Ticks;
  readonly onSign?: (sign: Sign) => void;
  /** Kills the file and says why. */
  readonly signal?: AbortSignal;
};

const START = fileURLToPath(new URL('./start-file.js', import.meta.url));

/**
 * Runs one compiled test file in a process of its own. A file that hangs is killed, and the test in which it hung is
 * named.
 */
export function runFile(path: string, options: RunOptions): Promise<Outcome> {
  const { ticks = everySecond, onSign, signal } = options;
  const watch = new Watch(options.limits);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', START, path], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const signs = child.stdio[SIGNS_FD] as Readable;
    const printed = [child.stdout as Readable, child.stderr as Readable];
    let output = '';
    let killed = false;
    const kill = (why: string): void => {
      if (killed) return;
      killed = true;
      output += `\nkilled: ${why} (an open handle, a child, or an endless wait)\n`;
      child.kill('SIGKILL');
      for (const stream of [...printed, signs]) stream.destroy(); // a process that it has left behind may hold them open
    };
    const ticking = ticks(() => {
      const why = watch.tick();
      if (why !== undefined) kill(why);
    });
    const abort = () => kill(`the whole run took too long; it was ${watch.where}`);
    signal?.addEventListener('abort', abort);
    for (const stream of printed)
      stream.on('data', (chunk) => {
        output += chunk;
        watch.heard();
      });
    onLine(signs, (line) => {
      const sign = JSON.parse(line) as Sign;
      watch.told(sign);
      onSign?.(sign);
    });
    child.on('close', (code) => {
      ticking.stop();
      signal?.removeEventListener('abort', abort);
      if (!killed && watch.within) output += `\nit ended ${watch.where}, which had not\n`;
      resolve({ output, ...count(output, code) });
    });
  });
}

function onLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) take(line);
  });
}

/** uvu prints "Total: n" and "Passed: n"; a non-zero exit with nothing failed is a crash, which counts as one failure. */
function count(output: string, code: number | null): Omit<Outcome, 'output'> {
  const number = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
  const [total, passed] = [number('Total'), number('Passed')];
  const skipped = output.split('\n').filter((line) => line.startsWith('SKIPPED '));
  const empty = total === 0 && skipped.length === 0;
  return { passed, skipped, failed: Math.max(total - passed, code !== 0 || empty ? 1 : 0) };
}
