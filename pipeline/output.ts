import { once } from 'node:events';
import type { Progress } from './progress.ts';

/**
 * Where a command's output goes. Results go to standard output, remarks and progress to standard error, so that pipes
 * get results only.
 */
export type Output = {
  /** True if the caller asked for JSON: then `result` prints its value and `say` is for standard error alone. */
  readonly json: boolean;
  /** Prints the command's result, in the form that was asked for. Called once. */
  result(value: unknown, text: () => string): void;
  /** Prints raw text of a result that is too large to hold, piece by piece; waits while the reader is slower. */
  write(chunk: string): Promise<void>;
  /** Prints a remark while the command works. */
  say(line: string): void;
  /** Prints an error to standard error; as JSON if that was asked for. */
  complain(line: string, value?: unknown): void;
  readonly progress: Progress;
};

type Streams = { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream };

/** The output of a command. @param json whether results are printed as JSON */
export function createOutput({ stdout, stderr }: Streams, progress: Progress, json: boolean): Output {
  return {
    json,
    progress,
    result(value, text) {
      progress.finish();
      stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
    },
    async write(chunk) {
      if (!stdout.write(chunk)) await once(stdout, 'drain');
    },
    complain(line, value) {
      progress.finish();
      stderr.write(json && value !== undefined ? `${JSON.stringify(value)}\n` : `pawl: ${line}\n`);
    },
    say(line) {
      progress.finish();
      (json ? stderr : stdout).write(`${line}\n`);
    },
  };
}
