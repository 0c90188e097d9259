import type { Readable } from 'node:stream';
import type { MemoryUse } from '../memory-limits.ts';
import type { Output } from '../output.ts';

/** A flag. One with a `setting` sets that path of the configuration; the others are passed to the command. */
export type Flag = {
  /** In commander's form: `--port <number>`, `--json`. */
  readonly flags: string;
  readonly description: string;
  readonly setting?: string;
  readonly repeatable?: boolean;
  /** A path: relative to the user's folder, while paths in settings are relative to their file. */
  readonly path?: boolean;
};

export type Argument = {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  readonly variadic?: boolean;
};

/** What a command is called with: arguments as they were typed, and the workspace. */
export type Invocation<W> = {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly workspace: W;
  readonly out: Output;
  readonly stdin: Readable;
  /** Aborts when the user asks to stop. */
  readonly signal: AbortSignal;
};

export const EXIT = { done: 0, no: 1, usage: 2, failed: 3, stopped: 130 } as const;

/** What lists of commands show of one, so that they need not load it. */
export type Verb<W> = {
  /** Words as typed: `runs list`. */
  readonly name: string;
  /** What follows it in help: `[options] <run>`. A test compares it with the command. */
  readonly takes: string;
  readonly summary: string;
  load(): Promise<Command<W>>;
};

/** What a verb of the command line does. `run` gives the exit code: 0 done, 1 the answer is no; errors are thrown. */
export type Command<W> = {
  readonly details?: string;
  readonly arguments?: readonly Argument[];
  readonly flags?: readonly Flag[];
  /** Runs until it is told to stop, so being stopped is success. */
  readonly untilStopped?: boolean;
  /** Why it needs more memory than other commands; checked before it begins. */
  readonly memory?: MemoryUse;
  /** Reads only: has `--json`. */
  readonly json?: boolean;
  readonly examples: readonly (readonly [line: string, what: string])[];
  run(invocation: Invocation<W>): Promise<number>;
};

/** The text of a flag that was given once, or undefined. */
export function text(invocation: Invocation<unknown>, flag: string): string | undefined {
  const value = invocation.flags[flag];
  return typeof value === 'string' ? value : undefined;
}
