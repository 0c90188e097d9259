import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Secrets } from '../config/secrets.ts';
import { CommitRefusedError } from '../source/export-commit.ts';
import type { Apart } from '../training/command/apart.ts';
import type { Places, Rooted } from '../world.ts';
import { commitsApart } from './apart.ts';

/** Settings that tell where the gate's private key is. */
type World = Places & { secrets(): Pick<Secrets, 'gateKey'> };

/** Where a program that runs as this user finds the gate's private key, in words; null if it cannot. */
export function exposedGateKey(world: World): string | null {
  if (world.secrets().gateKey !== null) return 'the variable PAWL_SECRET_GATE_KEY';
  const file = join(world.path(world.config.keys.path), 'gate.pem');
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
 * The isolation for a commit's programs; null if there is none, and no key within reach with which a program could sign
 * verdicts.
 *
 * @throws {CommitRefusedError} if such a key is within reach
 */
export async function requireApart(world: World & Rooted): Promise<Apart | null> {
  const apart = await commitsApart(world);
  const place = exposedGateKey(world);
  if (apart !== null || place === null) return apart;
  throw new CommitRefusedError(
    `the commit runs a program, which could read the gate's private key (${place}) and sign any verdict: ${APART}`,
  );
}
