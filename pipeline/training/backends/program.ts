import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BackendError } from './errors.ts';

const run = promisify(execFile);
const MOST_OUTPUT = 16 * 1024 * 1024;

export type ProgramOptions = {
  /** What to do if it is not installed, or no program that can be run. */
  readonly missing: string;
  /** What to do if it fails. */
  readonly otherwise?: string;
  /** What failed, for the message. */
  readonly doing: string;
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
};

/** @returns what it printed @throws {BackendError} if it is not installed, fails or takes too long */
export async function program(command: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const { missing, otherwise, doing, timeoutMs, cwd, env } = options;
  try {
    const { stdout } = await run(command, args, {
      timeout: timeoutMs,
      maxBuffer: MOST_OUTPUT,
      ...(cwd && { cwd }),
      ...(env && { env }),
    });
    return stdout;
  } catch (cause) {
    const { code, killed, stderr = '' } = cause as NodeJS.ErrnoException & { killed?: boolean; stderr?: string };
    if (code === 'ENOENT') throw new BackendError(`${command} is not installed: ${missing}`, { cause });
    if (code === 'EACCES') throw new BackendError(`${command} cannot be run (EACCES): ${missing}`, { cause });
    const fix = otherwise ? `; ${otherwise}` : '';
    if (killed) throw new BackendError(`${doing} took more than ${timeoutMs / 1000} s${fix}`, { cause });
    throw new BackendError(`${doing} failed: ${lastLines(stderr) || `exit code ${code}`}${fix}`, { cause });
  }
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-8).join('\n').slice(-2000);
