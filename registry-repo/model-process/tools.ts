import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * A tool of this machine that is put in front of a program: its absolute path, if a program that is started through it
 * ends with success; null if it is missing, or may not be used.
 *
 * @param args the whole command line of a trial, by the tool's path
 */
export async function workingTool(name: string, args: (tool: string) => readonly string[]): Promise<string | null> {
  const tool = inPath(name);
  return tool !== null && (await runs(args(tool))) ? tool : null;
}

/** Where a command is, as a shell would find it. */
function inPath(name: string, { PATH = '' }: NodeJS.ProcessEnv = process.env): string | null {
  const found = PATH.split(delimiter).map((folder) => join(folder, name));
  return found.find((path) => isAbsolute(path) && existsSync(path)) ?? null;
}

/** A program that does nothing and ends with success. */
export const TRUE = inPath('true') ?? '/bin/true';

const runs = ([command = '', ...args]: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    execFile(command, args, { timeout: PROBE_MS, env: {} }, (error) => resolve(error === null));
  });
const PROBE_MS = 10_000;
