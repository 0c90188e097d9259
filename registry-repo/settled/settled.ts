import * as z from 'zod';
import { RegistryError } from '../errors.ts';
import { Digest, Name, ObjectId, VersionRef } from '../values.ts';

/**
 * What a server last settled on, so that main can only move forward under it, also after a restart. It is the server's own word:
 * nothing that is pushed to a registry can change it.
 */
export const Settled = z.strictObject({
  schema: z.literal('pawl.settled/1'),
  model: Name,
  /** The tip of main that was last proved and served, or had nothing to serve; null where only revocations were seen yet. */
  tip: ObjectId.nullable(),
  /** The versions that were settled on, in the order they first were: a number means one content for ever. */
  versions: z.array(VersionRef).max(100_000),
  /** Every manifest that main was ever seen to revoke, unless an operator lifted that. */
  revoked: z.array(Digest).max(100_000),
});
export type Settled = z.infer<typeof Settled>;

/** Where a server keeps that. */
export type SettledStore = {
  /** Null if nothing was ever written. @throws {SettledUnreadableError} */
  readonly read: () => Promise<Settled | null>;
  /** All of it or nothing is written. @throws {SettledUnwritableError} */
  readonly write: (settled: Settled) => Promise<void>;
};

export const nothingSettled = (model: string): Settled => ({
  schema: 'pawl.settled/1',
  model,
  tip: null,
  versions: [],
  revoked: [],
});

/** With revocations added; the very same object if it knew them all. */
export function withRevoked(settled: Settled, revoked: readonly Digest[]): Settled {
  const all = [...new Set([...settled.revoked, ...revoked])];
  return all.length === settled.revoked.length ? settled : { ...settled, revoked: all };
}

/** Settled on a tip and what it has in production; the very same object if that is what it says. */
export function settledOn(settled: Settled, tip: ObjectId, production: VersionRef | null): Settled {
  const isNew = production !== null && !settled.versions.some((known) => known.version === production.version);
  if (!isNew && tip === settled.tip) return settled;
  return { ...settled, tip, versions: isNew ? [...settled.versions, production] : settled.versions };
}

/** The version with the same number and another content that was settled on, or null: a number is given once. */
export const renumbered = ({ versions }: Settled, { version, manifest }: VersionRef): VersionRef | null =>
  versions.find((known) => known.version === version && known.manifest !== manifest) ?? null;

/** What to do about main where it is right, and what was settled on is not. */
export const ACCEPT = 'pawl registry accept-main --reason "…"';

/** Main's own line does not hold the tip that was last settled on, or gives one of its version numbers another content. */
export class MainMovedBackError extends RegistryError {
  readonly code = 'main_moved_back';
}

/** What was settled on cannot be read, which is not the same as that nothing was. */
export class SettledUnreadableError extends RegistryError {
  readonly code = 'settled_unreadable';
}

/** What was settled on cannot be kept. */
export class SettledUnwritableError extends RegistryError {
  readonly code = 'settled_unwritable';
}
