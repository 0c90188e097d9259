import { chmodSync, closeSync, constants, copyFileSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { PawlError, StoreError } from '../../events/errors.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { type ComparedWorld, lackingAt, mainNow } from '../compare-log.ts';
import type { Lacking } from '../past/lacking.ts';
import { verifyLog } from '../past/verify-log.ts';
import { placeOutput } from '../write-output.ts';

/** A file cannot become the log: it is damaged, or no copy of the log that main proves. Nothing was changed. */
export class BackupUnusableError extends PawlError {
  readonly code = 'backup_unusable';
}

export type Restored = {
  readonly events: number;
  /** Where the log's file before is kept; null if there was none. */
  readonly before: string | null;
  /** Checkpoints on main whose events the copy does not hold. */
  readonly lacking: readonly Lacking[];
};

/**
 * Puts a copy of the log in the place of the log: whole or not at all. The file before is kept beside it. No other
 * process may have the log open.
 *
 * @param stamp part of the name of the file before
 * @throws {BackupUnusableError} {StoreError}
 */
export async function restoreLog(world: ComparedWorld, file: string, stamp: string): Promise<Restored> {
  const target = world.path(world.config.events.path);
  const before = existsSync(target) ? `${target}.before-${stamp}` : null;
  let checked: Pick<Restored, 'events' | 'lacking'> = { events: 0, lacking: [] };
  await placeOutput(target, async (draft) => {
    await copied(file, draft);
    checked = await checkCopy(world, file, draft);
    settle(draft);
    if (before !== null) putAside(target, before);
  });
  chmodSync(target, 0o600); // as the state folder's other files
  return { ...checked, before };
}

async function copied(file: string, draft: string): Promise<void> {
  const source = new SqliteStore(file, { readOnly: true });
  try {
    await source.copyTo(draft);
  } finally {
    await source.close();
  }
}

/** Checks what was copied, not the file that it was copied from: that one may change. */
async function checkCopy(
  world: ComparedWorld,
  file: string,
  draft: string,
): Promise<Pick<Restored, 'events' | 'lacking'>> {
  const copy = new SqliteStore(draft, { readOnly: true });
  try {
    const odd = copy.oddParts();
    if (odd.length > 0) throw new BackupUnusableError(`${file} is no plain copy of a log: see ${odd.join(', ')}`);
    if (copy.bookmark())
      throw new BackupUnusableError(
        `${file} is a copy of a log that lives on a git branch: set events.store to git, and \`pawl reconcile\` says what is wrong there`,
      );
    const { events, findings } = await verifyLog(copy);
    const [found] = findings;
    if (found)
      throw new BackupUnusableError(
        `${file} is damaged: ${found.code} at event ${found.position} (${found.stream}@${found.revision}): ${found.message}; take another copy`,
      );
    const tip = await mainNow(world, copy);
    const lacking = tip === null ? [] : await lackingAt(world, copy, tip);
    const other = lacking.find(({ kind }) => kind === 'other');
    if (other || events === 0)
      throw new BackupUnusableError(
        events === 0
          ? `${file} has no events: take another copy`
          : `${file} is a copy of another log than the one that ${other?.proof.path} on main was signed for: take another copy`,
      );
    return { events, lacking };
  } finally {
    await copy.close();
  }
}

function settle(draft: string): void {
  const handle = openSync(draft, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}

/**
 * Copies the file, which stays where it is: what replaces it does so in one step. What SQLite
 * had beside it goes into it first, or aside with it: beside another file it would damage that one.
 */
function putAside(target: string, before: string): void {
  try {
    void new SqliteStore(target).close();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error; // it cannot be opened, which may be why it is replaced
  }
  for (const suffix of ['-wal', '-shm', '-journal'])
    if (existsSync(`${target}${suffix}`)) renameSync(`${target}${suffix}`, `${before}${suffix}`);
  copyFileSync(target, before, constants.COPYFILE_FICLONE);
}
