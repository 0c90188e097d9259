import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from '../workspace.ts';
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
  'watch as a user, or on a machine, that cannot read it, with watch.promote: false, and promote as the gate';

/** @throws {CommitRefusedError} if a program of a commit could sign verdicts */
export function requireHiddenGateKey(workspace: Workspace): void {
  const place = exposedGateKey(workspace);
  if (place === null) return;
  throw new CommitRefusedError(
    `the commit runs a program, which could read the gate's private key (${place}) and sign any verdict: ${APART}`,
  );
}
