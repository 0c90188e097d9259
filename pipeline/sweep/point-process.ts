import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { diedOfMemory, MEMORY_REMEDY } from '../../registry-repo/out-of-memory.ts';
import { type Tree, treesOf, usageOf } from './memory.proc.ts';
import type { Usage } from './memory.ts';

type Options = { readonly args: readonly string[]; readonly folder: string };

/** How a run ended: with success, or with its last message. */
export type Ended = { readonly ok: boolean; readonly message: string };

const NOTHING: Usage = { now: 0, peak: 0 };

/**
 * The process that runs a point. A channel connects it to this process. When the channel closes, because the user wants
 * to stop or because this process was killed, it records that it was stopped, and ends.
 */
export class PointProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #usage = NOTHING;
  #said = '';

  constructor({ args, folder }: Options) {
    this.#child = spawn(process.execPath, [...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.on('data', (chunk) => {
      this.#said = (this.#said + chunk).slice(-20_000);
    });
    this.ended = endOf(this.#child, () => this.#said);
  }

  /** The memory it takes, as last measured. */
  get usage(): Usage {
    return this.#usage;
  }

  /** Null before it has started. */
  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  measure(tree: Tree): void {
    const { now, peak } = usageOf(tree);
    this.#usage = { now, peak: Math.max(this.#usage.peak, peak) };
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  /** Ends it, and all that it has started, at once. */
  kill(): void {
    const { pid } = this;
    for (const one of pid === null ? [] : (treesOf([pid])?.get(pid) ?? [])) killed(one);
    this.#child.kill('SIGKILL');
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Its `close` event does not come after this process has left the channel. */
async function endOf(child: ChildProcess, said: () => string): Promise<Ended> {
  try {
    const exited = once(child, 'exit') as Promise<[code: number | null, killed: string | null]>;
    const [[code, killed]] = await Promise.all([exited, once(child.stderr as Readable, 'close')]);
    if (code === 0) return { ok: true, message: '' };
    const short = diedOfMemory(said());
    if (short) return { ok: false, message: `it ran out of memory: ${MEMORY_REMEDY[short]}` };
    return { ok: false, message: lastWords(said()) || `ended by ${killed ?? `exit code ${code}`}` };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

/** The failure that a run reports in its JSON output; else the end of its output. */
function lastWords(said: string): string {
  for (const line of said.trim().split('\n').reverse())
    try {
      const { error } = JSON.parse(line) as { error?: { message?: string; code?: string } };
      if (error?.message) return `${error.message} [${error.code}]`;
    } catch {
      // Not that line.
    }
  return said.trim().slice(-2000);
}
