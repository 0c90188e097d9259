import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Apart } from '../training/command/apart.ts';
import type { Workspace } from '../workspace.ts';
import { commitsApart } from './apart.ts';
import { CommitRefusedError } from './export-commit.ts';

/** Where a program that runs as this user finds the gate's private key, for people; null where it cannot. */
export function exposedGateKey(workspace: Workspace): string | null {
  if (workspace.secrets().gateKey !== null) return 'the variable PAWL_SECRET_GATE_KEY';
  const file = join(workspace.path(workspace.config.keys.path), 'gate.pem');
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch {
    return null;
  }
}

/** How to watch a repository whose commits run programs. */
export const APART =
  'install bubblewrap (`apt-get install bubblewrap`), in which it cannot be read; or watch as a user, or on a machine, that cannot read it, with watch.promote: false, and promote as the gate';

/**
 * What a program of a commit runs behind; null where there is nothing, nor a key that it could sign verdicts with.
 *
 * @throws {CommitRefusedError} if it could
 */
export async function requireApart(workspace: Workspace): Promise<Apart | null> {
  const apart = await commitsApart(workspace);
  const place = exposedGateKey(workspace);
  if (apart !== null || place === null) return apart;
  throw new CommitRefusedError(
    `the commit runs a program, which could read the gate's private key (${place}) and sign any verdict: ${APART}`,
  );
}
