import { type Checkpoint, InvalidCheckpointError, openCheckpoint } from '../../events/checkpoint.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import { CHECKPOINT_FILE, versionFolder } from '../../registry-repo/manifest.ts';
import type { Key } from '../../registry-repo/policy.ts';
import type { RegistryAt } from '../../registry-repo/registry.ts';
import { readPublicKey } from '../../registry-repo/verdict/keys.ts';

/** A signed checkpoint of the log, as it is on main. */
export type Anchored = { readonly path: string; readonly note: string };

/** A checkpoint on main that a known key has signed: once the log had these events. */
export type Proof = Checkpoint & { readonly path: string };

const NOTE_BYTES = 10_000;

/** How many versions of a model without a checkpoint are passed over, newest first. */
const MOST_WITHOUT = 50;

/** Every checkpoint on main, whoever has signed it. */
export async function anchoredAt(main: RegistryAt): Promise<Anchored[]> {
  const found: Anchored[] = [];
  for (const model of await main.models())
    for (const version of await main.versions(model)) {
      const anchored = await anchoredOf(main, model, version);
      if (anchored) found.push(anchored);
    }
  return found;
}

/**
 * The newest checkpoint of each model. Numbers of versions are given in the order of the log, so a model's highest
 * version proves the most.
 */
export async function newestProofs(main: RegistryAt, keys: readonly Key[]): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const model of await main.models())
    for (const version of (await main.versions(model)).reverse().slice(0, MOST_WITHOUT)) {
      const anchored = await anchoredOf(main, model, version).catch(unread);
      const proof = anchored && proofOf(anchored, keys);
      if (!proof) continue;
      proofs.push(proof);
      break;
    }
  return proofs;
}

/** What a checkpoint proves; null if none of the keys has signed it. */
export function proofOf(anchored: Anchored, keys: readonly Key[]): Proof | null {
  for (const key of keys) {
    const checkpoint = openedWith(key, anchored);
    if (checkpoint) return { ...checkpoint, path: anchored.path };
  }
  return null;
}

/** A checkpoint that this key has signed, or null. */
export function openedWith(key: Key, { note }: Anchored): Checkpoint | null {
  try {
    return openCheckpoint(note, { name: note.split('\n')[0] ?? '', publicKey: readPublicKey(key) });
  } catch (error) {
    if (!(error instanceof InvalidCheckpointError)) throw error;
    return null;
  }
}

/** What is no plain file proves nothing; the audit says what is wrong with it. */
function unread(error: unknown): null {
  if (error instanceof RegistryError) return null;
  throw error;
}

async function anchoredOf(main: RegistryAt, model: string, version: number): Promise<Anchored | null> {
  const path = `${versionFolder(model, version)}/${CHECKPOINT_FILE}`;
  if (!(await main.stat(path))) return null;
  return { path, note: (await main.file(path, NOTE_BYTES)).toString('utf8') };
}
