import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { killGroup } from '../../registry-repo/kill-group.ts';
import type { LoadedConfig } from '../config/load.ts';
import { packageRoot } from '../package-info.ts';

/** A server's log; the part of pino that is used here. */
export type Log = Record<'info' | 'warn' | 'error', (fields: Readonly<Record<string, unknown>>, text: string) => void>;

/** The command line that checks once for pushes, with the settings of this process. */
export function lookCommand({ request }: LoadedConfig): string[] {
  const config = request.file === undefined ? [] : ['--config', request.file];
  const settings = request.flags.flatMap(({ path, text }) => ['--set', `${path}=${text}`]);
  return [join(packageRoot, 'dist/pipeline/cli.js'), ...config, ...settings, 'watch', '--once'];
}

/**
 * Checks for pushes, and trains on them, in a process of its own with low priority: answering requests goes first. Its
 * output becomes lines of the log.
 */
export class ChildLook {
  readonly #args: readonly string[];
  readonly #cwd: string;
  readonly #log: Log;
  #child: ChildProcess | null = null;
  #stopped = false;

  /** @param args of Node: a script and its arguments */
  constructor(args: readonly string[], cwd: string, log: Log) {
    this.#args = args;
    this.#cwd = cwd;
    this.#log = log;
  }

  /** One check, to its end. Never fails: the log says how it ended. */
  run(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const { PAWL_SECRET_WEBHOOK: _, ...env } = process.env;
    // A process group of its own. In the terminal's group, Ctrl-C would reach it before this process can end it, and it
    // would get a second signal then.
    const child = spawn(process.execPath, this.#args, { cwd: this.#cwd, env, detached: true, stdio: 'pipe' });
    this.#child = child;
    child.stdin.on('error', () => {});
    child.stdin.end();
    if (child.pid !== undefined) lower(child.pid);
    const say = (level: 'info' | 'warn') => (line: string) =>
      line.trim() !== '' && this.#log[level]({ line: line.slice(0, 2000) }, 'training');
    createInterface({ input: child.stdout }).on('line', say('info'));
    createInterface({ input: child.stderr }).on('line', say('warn'));
    return new Promise((resolve) => {
      const end = (fields: Readonly<Record<string, unknown>>) => {
        this.#child = null;
        if (fields.exit !== 0 && !this.#stopped)
          this.#log.error(fields, 'looking for pushes failed: the next hint, or the next regular look, tries again');
        resolve();
      };
      child.on('error', ({ message }) => end({ detail: message }));
      child.on('close', (exit, signal) => end({ exit, signal }));
    });
  }

  /**
   * Asks the process to end, which records its run as interrupted. If it does not end, it is killed. @param graceMs the
   * time for that
   */
  stop(graceMs: number): void {
    this.#stopped = true;
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => killGroup(child), graceMs);
    child.on('close', () => clearTimeout(timer));
  }
}

function lower(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // it has ended already, or this system has no priorities
  }
}
