import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TrainerCommandError } from './errors.ts';

const LAST_LINES = 20;
const LONGEST_LINE = 2000;
/** Between the wish to end and the end. */
const GRACE_MS = 5000;

type Options = {
  readonly command: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Gets every line of standard output. @returns whether it was meant for us */
  readonly onLine: (line: string) => boolean;
};

/**
 * Runs a program to its end, in a process group of its own, so that what it has started ends with it.
 *
 * @throws {TrainerCommandError} with its exit code and last words, if it fails, takes too long or cannot be started
 * @throws the signal's reason, when it aborts
 */
export async function runProgram({ command, folder, env, timeoutMs, signal, onLine }: Options): Promise<void> {
  const [program = '', ...args] = command;
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const last: string[] = [];
  const remember = (line: string) => {
    last.push(line.slice(0, LONGEST_LINE));
    if (last.length > LAST_LINES) last.shift();
  };
  createInterface({ input: child.stdout }).on('line', (line) => void (onLine(line) || remember(line)));
  createInterface({ input: child.stderr }).on('line', remember);
  let late = false;
  const stop = () => end(child);
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { code, killed } = await ended(child, program);
    signal.throwIfAborted();
    const words = last.length > 0 ? `; its last words:\n${last.join('\n')}` : '; it said nothing';
    if (late) throw new TrainerCommandError(`${program} took longer than training.config.timeoutMinutes${words}`);
    if (code !== 0) throw new TrainerCommandError(`${program} ended with ${killed ?? `exit code ${code}`}${words}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    kill(child, 'SIGKILL'); // whatever it has left behind
  }
}

function ended(child: ChildProcess, program: string): Promise<{ code: number | null; killed: string | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new TrainerCommandError(`${program} cannot be started: ${cause.message}`, { cause })),
    );
    child.on('close', (code, killed) => resolve({ code, killed }));
  });
}

function end(child: ChildProcess): void {
  kill(child, 'SIGTERM');
  setTimeout(() => kill(child, 'SIGKILL'), GRACE_MS).unref();
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone.
  }
}
