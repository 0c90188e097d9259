import type { Readable } from 'node:stream';

/** The surroundings of a command line: those of the process, or a test's. */
export type Surroundings = {
  /** Words after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's folder, absolute: typed paths are relative to it. */
  readonly folder: string;
  readonly stdin: Readable;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Calls `stop` when the parent process wants this one to end. @returns removes the listener */
  readonly onStop: (stop: () => void) => () => void;
};

/** A stream of text, and whether a person sees it. */
export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
