import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistryError } from '../errors.ts';
import { temporaryFolder } from '../temporary.ts';

/** The folder that models are scored in cannot be used. Nothing was judged. */
export class GateUnfitError extends RegistryError {
  readonly code = 'gate_unfit';
  constructor(folder: string, why: string, options?: ErrorOptions) {
    super(
      `the gate cannot put models into ${folder} to score them: ${why}. Set TMPDIR to a folder that can be written and has room`,
      options,
    );
  }
}

/**
 * Tries whether models can be scored here, before a person waits for it.
 *
 * @param bytes that a judgement will write at least
 * @throws {GateUnfitError}
 */
export async function checkScratch(bytes: number, scratch = tmpdir()): Promise<void> {
  await inScratch(scratch, async (folder) => {
    await writeFile(join(folder, 'try'), 'x');
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < bytes)
      throw new GateUnfitError(scratch, `${bavail * bsize} bytes are free there, ${bytes} are needed`);
  });
}

/** Runs work in a new folder and removes the folder. @throws {GateUnfitError} if the system does not allow it */
export async function inScratch<T>(scratch: string, work: (folder: string) => Promise<T>): Promise<T> {
  let folder: string | undefined;
  try {
    folder = await temporaryFolder(scratch, 'gate');
    return await work(folder);
  } catch (cause) {
    if (isSystemError(cause)) throw new GateUnfitError(scratch, cause.message, { cause });
    throw cause;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** What the system answered to a call: no such folder, no room, not allowed. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && typeof (error as NodeJS.ErrnoException).code === 'string';
