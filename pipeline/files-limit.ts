import { readFileSync } from 'node:fs';
import { PawlError } from '../events/errors.ts';

/** Node opens the program's files side by side, some two hundred of them. A server needs one more for each connection. */
const NEEDED = 256;

/** The process may have too few files open at once; nothing was begun. */
export class FilesLimitError extends PawlError {
  readonly code = 'files_too_few';
}

/** @param most files that the process may have open, null if that is not known @throws {FilesLimitError} */
export function requireFiles(most = filesHere()): void {
  if (most !== null && most < NEEDED)
    throw new FilesLimitError(
      `this process may have ${most} files open at once (ulimit -n), ${NEEDED} is the least: raise that limit, e.g. ulimit -n 4096, in the service or container that sets it`,
    );
}

/** The limit of this process; null where it is not known. Node has raised it as far as it may. */
function filesHere(): number | null {
  try {
    const [, most] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return most === undefined ? null : Number(most);
  } catch {
    return null; // not Linux
  }
}
