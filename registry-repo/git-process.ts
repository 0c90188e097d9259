import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { RegistryError } from './errors.ts';
import { gitEnvironment } from './git-environment.ts';
import { requireGit } from './git-version.ts';
import { killGroup } from './kill-group.ts';

/** Git ended with an error. `exitCode` is null if it could not be started, was killed, or printed too much. */
export class GitError extends RegistryError {
  readonly code = 'git_failed';
  readonly exitCode: number | null;
  readonly stderr: string;
  constructor(args: readonly string[], exitCode: number | null, stderr: string, options?: ErrorOptions) {
    super(
      `git ${args[0] ?? ''} failed${exitCode === null ? '' : ` (${exitCode})`}: ${stderr.trim().slice(0, 2000)}`,
      options,
    );
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Git printed more than the caller allows, and was stopped. */
export class OutputTooLargeError extends GitError {}

export type RunOptions = {
  input?: Uint8Array | string;
  maxBytes?: number;
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
  /** Whether git starts programs of its own, which then end with it: those that reach the network. */
  group?: boolean;
  /** Whether what git prints is part of its error: a check that fails prints what it found. */
  checks?: boolean;
};

export const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/**
 * Starts git without a shell, without the user's configuration, and with an environment by allow-list.
 * @throws {GitUnusableError}
 */
export function spawnGit(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  group = false,
): ChildProcessWithoutNullStreams {
  requireGit();
  return spawn('git', argv, { env: { ...gitEnvironment(process.env), ...env }, stdio: 'pipe', detached: group });
}

/**
 * Runs git without a shell, without the user's configuration, with bounded output and time. @throws {GitError}
 * @throws {GitUnusableError}
 */
export function runGit(argv: readonly string[], shown: readonly string[], options: RunOptions): Promise<Buffer> {
  const { input, maxBytes = DEFAULT_MAX_BYTES, env = {}, timeoutMs = 120_000, group = false, checks = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawnGit(argv, env, group);
    const chunks: Buffer[] = [];
    let [size, stderr, ended, tooLarge] = [0, '', '', false];
    const stop = (reason: string) => {
      ended = reason;
      if (group) killGroup(child);
      else child.kill('SIGKILL');
      settle(null); // not when the last of its programs has let go of the pipes
    };
    const settle = (code: number | null) => {
      clearTimeout(timer);
      if (code === 0 && !ended) resolve(Buffer.concat(chunks));
      else if (tooLarge) reject(new OutputTooLargeError(shown, null, ended));
      else {
        const found = checks ? Buffer.concat(chunks).toString('utf8') : '';
        reject(new GitError(shown, ended ? null : code, ended || found + stderr));
      }
    };
    const timer = setTimeout(() => stop(`no answer in ${timeoutMs} ms`), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      tooLarge = true;
      stop(`more than ${maxBytes} bytes of output`);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 10_000) stderr += chunk;
    });
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new GitError(shown, null, `git cannot be started (${cause.message})`, { cause }));
    });
    child.on('close', (code) => settle(code));
    child.stdin.on('error', () => {}); // git may end before it has read everything; its exit code tells
    child.stdin.end(input);
  });
}
