import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { PawlError } from '../events/errors.ts';
import { writeWhole } from '../registry-repo/artifacts/files.ts';
import { printFile } from '../registry-repo/file.ts';
import type { RegistryIdentity } from '../registry-repo/identity.ts';
import { Key } from '../registry-repo/policy.ts';
import {
  newSigningKey,
  printSigningKey,
  publicKeyOf,
  readSigningKey,
  type SigningKey,
} from '../registry-repo/verdict/keys.ts';
import { withLock } from './lock.ts';

/** The keys of this machine: private halves that it signs with, public ones that it trusts. */
export type Keys = {
  readonly gate: SigningKey | null;
  readonly log: SigningKey | null;
  /** Every `*.pub.json` of the folder. Copy these, and only these, to machines that serve or audit. */
  readonly trusted: readonly Key[];
};

/** A key that is missing or cannot be read. */
export class KeyError extends PawlError {
  readonly code = 'key_unusable';
}

const ROLES = ['gate', 'log'] as const;
type Role = (typeof ROLES)[number];

/** @throws {KeyError} for a file that is no key; missing files are no error */
export function loadKeys(folder: string): Keys {
  const trusted = namesIn(folder)
    .filter((name) => name.endsWith('.pub.json'))
    .map((name) => readPublic(join(folder, name)));
  const [gate = null, log = null] = ROLES.map((role) => readPrivate(join(folder, `${role}.pem`)));
  return { gate, log, trusted };
}

/**
 * Public keys that settings name as trusted.
 *
 * @param text a `*.pub.json` file's content, or a JSON list of several
 * @throws {KeyError}
 */
export function readTrusted(text: string | null): Key[] {
  if (text === null || text.trim() === '') return [];
  const value = parse(text);
  const result = z.array(Key).safeParse(Array.isArray(value) ? value : [value]);
  if (result.success) return result.data;
  throw new KeyError(`keys.trusted holds no public keys: ${z.prettifyError(result.error)}`, { cause: result.error });
}

/** @throws {KeyError} if no gate's verdict could ever be trusted here */
export function requireTrustedGate({ trusted }: Pick<Keys, 'trusted'>, folder: string): void {
  if (trusted.some((key) => key.role === 'gate')) return;
  throw new KeyError(
    `no gate is trusted here: copy gate.pub.json to ${folder} from the machine that ran \`pawl registry init\`, or set keys.trusted (PAWL_KEYS_TRUSTED) to what is in it`,
  );
}

/**
 * Makes the keys that are missing. An existing key is never replaced: its verdicts would become worthless. Only their
 * owner can read private keys.
 */
export async function createKeys(folder: string, now: Date): Promise<Keys> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = ROLES.flatMap((role) => [`${role}.pem`, `${role}.pub.json`]).map((name) => join(folder, name));
  if (!files.every((file) => existsSync(file)))
    await withLock(join(folder, 'making.lock'), () => makeMissing(folder, now), { pollMs: 50 });
  return loadKeys(folder);
}

/**
 * Under a lock: otherwise two processes could make the same key, and one of them would sign with a key that was
 * overwritten.
 */
async function makeMissing(folder: string, now: Date): Promise<void> {
  for (const role of ROLES) {
    const [secret, shown] = [join(folder, `${role}.pem`), join(folder, `${role}.pub.json`)];
    if (!readPrivate(secret)) await writeWhole(secret, printSigningKey(newSigningKey()), 0o600);
    const key = publicKeyOf(readPrivate(secret) as SigningKey, { role, from: now.toISOString(), until: null });
    if (!existsSync(shown)) await writeWhole(shown, printFile(key), 0o644);
  }
}

/** The key of a role. @throws {KeyError} saying how to get one */
export function requireKey(keys: Keys, role: Role, folder: string): SigningKey {
  const key = keys[role];
  if (key) return key;
  throw new KeyError(
    `no ${role} key in ${folder}: run \`pawl registry init\` here, or copy ${role}.pem from the machine that did`,
  );
}

/**
 * Id of the one registry that the gate's keys here are for; null if they are pinned to none. @throws {KeyError} for
 * several
 */
export function registryOf({ trusted }: Pick<Keys, 'trusted'>): string | null {
  const ids = new Set(trusted.flatMap((key) => (key.role === 'gate' && key.registry ? [key.registry.id] : [])));
  if (ids.size > 1)
    throw new KeyError(
      `the public keys here are for several registries (${[...ids].join(', ')}): keep those of each in a folder of their own`,
    );
  return [...ids][0] ?? null;
}

/**
 * Pins the public keys of a folder to one registry, from now on and wherever they are copied.
 *
 * @throws {KeyError} if one is for another registry already
 */
export async function pinKeys(folder: string, registry: RegistryIdentity): Promise<void> {
  const files = namesIn(folder).filter((name) => name.endsWith('.pub.json'));
  const keys = files.map((name) => [join(folder, name), readPublic(join(folder, name))] as const);
  checkUnpinned(
    keys.map(([, key]) => key),
    registry.id,
  );
  for (const [file, key] of keys) if (!key.registry) await writeWhole(file, printFile({ ...key, registry }), 0o644);
}

/** With one key for two registries, the verdicts of one would be trusted in the other. @throws {KeyError} */
export function checkUnpinned(keys: readonly Key[], id: string | null): void {
  const other = keys.find((key) => key.registry && key.registry.id !== id);
  if (!other) return;
  throw new KeyError(
    `the public key ${other.id} is for the registry ${other.registry?.id}: one key is for one registry, so set keys.path to a folder of its own`,
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new KeyError(`cannot read the keys in ${folder}: ${(error as Error).message}`, { cause: error });
  }
}

function readPublic(file: string): Key {
  const result = Key.safeParse(parse(readFileSync(file, 'utf8')));
  if (result.success) return result.data;
  throw new KeyError(`${file} is no public key: ${z.prettifyError(result.error)}`, { cause: result.error });
}

function readPrivate(file: string): SigningKey | null {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new KeyError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  try {
    return readSigningKey(pem);
  } catch (cause) {
    throw new KeyError(`${file}: ${(cause as Error).message}`, { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
