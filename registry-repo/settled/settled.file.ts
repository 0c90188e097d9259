import { readFile } from 'node:fs/promises';
import { writeWhole } from '../artifacts/files.ts';
import { MalformedFileError } from '../errors.ts';
import { parseFile, printFile } from '../file.ts';
import { ACCEPT, Settled, type SettledStore, SettledUnreadableError, SettledUnwritableError } from './settled.ts';

/** Room for every version and revocation at most, and more. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The last accepted state of a server of one model, in a file that is written whole and survives a power cut. */
export const settledFile = (path: string, model: string): SettledStore => ({
  read: async () => {
    const bytes = await bytesOf(path);
    if (!bytes) return null;
    try {
      const settled = parseFile(Settled, path, bytes, { maxBytes: MAX_BYTES });
      if (settled.model === model) return settled;
      throw new MalformedFileError(path, [`model: "${settled.model}" is not "${model}"`]);
    } catch (cause) {
      if (!(cause instanceof MalformedFileError)) throw cause;
      throw unreadable(cause.message, cause);
    }
  },
  write: async (settled) => {
    try {
      await writeWhole(path, printFile(settled), 0o600);
    } catch (cause) {
      const message = `cannot keep in ${path} what was settled on (${(cause as Error).message}): mend the folder or free space`;
      throw new SettledUnwritableError(message, { cause });
    }
  },
});

async function bytesOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(`cannot read ${path}: ${(cause as Error).message}`, cause);
  }
}

const unreadable = (what: string, cause: unknown): SettledUnreadableError =>
  new SettledUnreadableError(
    `${what}\nso nobody knows what this server settled on: put the file back from a backup, or look at main with \`pawl registry log\` and accept it as it is with \`${ACCEPT}\``,
    { cause },
  );
