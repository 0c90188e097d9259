import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { killGroup } from '../../../registry-repo/kill-group.ts';
import { TrainerCommandError } from './errors.ts';

const LAST_LINES = 20;
/** Characters of the end of the output: the end of a stack trace tells most. */
const LAST_CHARACTERS = 3000;
const LONGEST_LINE = 1 << 20;
/** The time between the request to end and the kill. */
const GRACE_MS = 5000;

type Options = {
  readonly command: readonly string[];
  /** Wraps the command line, for isolation. */
  readonly around?: (argv: readonly string[]) => readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Gets every line of standard output. @returns whether it belonged to the contract @throws to end the program */
  readonly onLine: (line: string) => boolean;
  /** Gets every other line, of both outputs. */
  readonly onOther?: (line: string) => void;
};

/**
 * Runs a program to its end, in a process group of its own, so that the processes it has started end with it.
 *
 * @throws {TrainerCommandError} with its exit code and the end of its output, if it fails, takes too long or cannot be
 *   started
 * @throws what `onLine` threw, and the signal's reason, when it aborts
 */
export async function runProgram(options: Options): Promise<void> {
  const { command, around = (argv) => argv, folder, env, timeoutMs, signal } = options;
  const [program = ''] = command;
  const [first = '', ...args] = around(command);
  signal.throwIfAborted();
  const child = spawn(first, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stop = () => end(child);
  const heard = listen(child, options, stop);
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { code, killed } = await exited(child, program);
    killGroup(child, 'SIGKILL'); // processes that it has left behind
    await silence(child, closed);
    signal.throwIfAborted();
    if (heard.failure) throw heard.failure.error;
    const words = heard.last.length > 0 ? `; its last words:\n${ending(heard.last.join('\n'))}` : '; it said nothing';
    if (late) throw new TrainerCommandError(`${program} took longer than training.config.timeoutMinutes${words}`);
    if (code !== 0) throw new TrainerCommandError(`${program} ended with ${killed ?? `exit code ${code}`}${words}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

const ending = (text: string): string => text.slice(-LAST_CHARACTERS).toWellFormed();

type Heard = { readonly last: string[]; failure: { readonly error: unknown } | null };

/** Listens to both outputs; a line that `onLine` refuses ends the program. */
function listen(child: ChildProcess, { onLine, onOther }: Options, stop: () => void): Heard {
  const heard: Heard = { last: [], failure: null };
  const remember = (line: string) => {
    onOther?.(line);
    heard.last.push(line.slice(0, LAST_CHARACTERS));
    if (heard.last.length > LAST_LINES) heard.last.shift();
  };
  const take = (line: string) => {
    if (heard.failure) return;
    try {
      if (!onLine(line)) remember(line);
    } catch (error) {
      heard.failure = { error };
      stop();
    }
  };
  eachLine(child.stdout as Readable, take);
  eachLine(child.stderr as Readable, remember);
  return heard;
}

/**
 * Lines of text, whatever the bytes are. The part of a line beyond the maximum length is thrown away, so that no
 * program fills the memory.
 */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let line = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [first = '', ...more] = chunk.split('\n');
    line += first.slice(0, LONGEST_LINE - line.length);
    for (const next of more) {
      take(line.replace(/\r$/, ''));
      line = next.slice(0, LONGEST_LINE);
    }
  });
  stream.on('end', () => {
    if (line !== '') take(line);
  });
}

function exited(child: ChildProcess, program: string): Promise<{ code: number | null; killed: string | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new TrainerCommandError(`${program} cannot be started: ${cause.message}`, { cause })),
    );
    child.on('exit', (code, killed) => resolve({ code, killed }));
  });
}

/**
 * Waits until both outputs are read to their end. A process that left the group may hold them open for ever: it is not
 * waited for.
 */
async function silence(child: ChildProcess, closed: Promise<void>): Promise<void> {
  const timer = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, GRACE_MS);
  await closed;
  clearTimeout(timer);
}

function end(child: ChildProcess): void {
  killGroup(child, 'SIGTERM');
  setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS).unref();
}
