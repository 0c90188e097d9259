import type { Readable } from 'node:stream';

/** What a command line finds around it: the process's own, or a test's. */
export type Surroundings = {
  /** Words after the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the user stands, absolute: what is typed is relative to it. */
  readonly folder: string;
  readonly stdin: Readable;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Has `stop` called when who started us wants an end. @returns what takes that back */
  readonly onStop: (stop: () => void) => () => void;
};

/** A stream of text, and whether a person sees it. */
export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
