import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { killGroup } from '../kill-group.ts';
import { PRETENDED } from '../runtime/processor.ts';
import { type Isolation, isolated, isolationHere } from './isolation.ts';
import { canBound, type MemoryLook, memoryLook } from './resident.ts';

/** How much a process that runs a model may take, wherever models run. */
export type Bounds = {
  /** Resident memory in megabytes. */
  readonly megabytes: number;
  /** Its niceness, 0 to 19, added to the parent's own: other programs go first. */
  readonly niceness?: number;
  /** What isolates it, if it is not everything that this machine has. */
  readonly isolation?: () => Promise<Isolation>;
  /** How its memory is watched. */
  readonly memory?: MemoryLook;
};

/** The compiled program that runs models. */
export type Program = {
  readonly entry: URL;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Folders that it may read. */
  readonly files?: readonly string[];
  readonly stdin: 'ignore' | 'pipe';
  /** Whether the process is working now; an idle process does not grow. */
  readonly busy?: () => boolean;
};

/** Why this program killed it. */
export type Stopped = { readonly code: string; readonly message: string };

/** How the process ended. `failed`: it was never started. */
export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped: Stopped | null;
  readonly failed: Error | null;
  /** The end of its standard error. */
  readonly lastWords: string;
};

/**
 * A process that runs a model. A model may do anything, so the process gets an environment without Pawl's variables, no
 * open file but its pipes, a process group and limits of its own, and is killed when it takes too much memory. Models
 * are run in no other way.
 *
 * It answers on descriptor 3; standard output is thrown away.
 */
export class Confined {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Whether its memory can be measured. */
  readonly bounded: boolean;
  #stopped: Stopped | null = null;
  #lastWords = '';

  /** Never fails: for a process that cannot be started, `ended` resolves with `failed`. */
  static async start(program: Program, bounds: Bounds): Promise<Confined> {
    const { megabytes, niceness = 0, memory = memoryLook(), isolation = isolationHere } = bounds;
    const known = { megabytes, niceness, memory, isolation: await isolation() };
    return new Confined(program, known, await canBound(memory));
  }

  private constructor(program: Program, bounds: Known, bounded: boolean) {
    const { entry, args = [], cwd, files = [], stdin, busy = () => true } = program;
    const { megabytes, niceness, memory, isolation } = bounds;
    const argv = [process.execPath, `--max-old-space-size=${megabytes}`, fileURLToPath(entry), ...args];
    const [command = '', ...rest] = isolated(argv, isolation, { megabytes, niceness, files });
    this.bounded = bounded;
    this.child = spawn(command, rest, {
      ...(cwd !== undefined && { cwd }),
      env: systemOnly(),
      stdio: [stdin, 'ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString('utf8')).slice(-2000);
    });
    const { pid } = this.child;
    if (pid !== undefined) void firstToDie(pid);
    const looks = setInterval(() => {
      if (pid !== undefined && busy()) void this.#lookAtMemory(memory, pid, megabytes);
    }, memory.everyMs);
    looks.unref();
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null, failed: Error | null) => {
        clearInterval(looks);
        resolve({ code, signal, failed, stopped: this.#stopped, lastWords: this.#lastWords });
      };
      this.child.on('error', (error) => end(null, null, error));
      this.child.on('close', (code, signal) => {
        const inside = isolation.bwrap === null ? null : signalOf(code); // a sandbox reports it as shells do
        end(inside === null ? code : null, signal ?? inside, null);
      });
    });
  }

  /** Kills the process and whatever it started. Only the first reason is kept. */
  stop(why: Stopped): void {
    this.#stopped ??= why;
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) return;
    if (process.platform !== 'win32') killGroup(this.child);
    this.child.kill('SIGKILL'); // it may not have a process group of its own yet
  }

  async #lookAtMemory({ of }: MemoryLook, pid: number, limit: number): Promise<void> {
    const used = await of(pid);
    if (used !== null && used > limit)
      this.stop({ code: 'memory', message: `took ${Math.ceil(used)} MB of memory, ${limit} MB at most` });
  }
}

/** The end of its standard error, on one line. */
export const lastLines = ({ lastWords }: Pick<Ended, 'lastWords'>): string =>
  lastWords.trim().split('\n').slice(-3).join(' ').slice(0, 500);

type Known = Required<Omit<Bounds, 'isolation'>> & { readonly isolation: Isolation };

const signalOf = (code: number | null): NodeJS.Signals | null =>
  SIGNALS.find(([, number]) => code === 128 + number)?.[0] ?? null;
const SIGNALS = Object.entries(constants.signals) as [NodeJS.Signals, number][];

/** The variables that the system needs to start a program, the pretended processor if any, and nothing else. */
const systemOnly = (
  { SystemRoot, TEMP, [PRETENDED]: pretended }: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv => ({
  ...(process.platform === 'win32' && { SystemRoot, TEMP }),
  ...(pretended !== undefined && { [PRETENDED]: pretended }),
});

/** If the machine runs out of memory, Linux shall kill this process first. */
const firstToDie = (pid: number): Promise<void> =>
  process.platform === 'linux' ? writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => {}) : Promise.resolve();
