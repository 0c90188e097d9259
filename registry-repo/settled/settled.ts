import * as z from 'zod';
import { RegistryError } from '../errors.ts';
import { Digest, Name, ObjectId, VersionRef } from '../values.ts';

/**
 * The state of main that a server last accepted. With it, main can only move forward for the server, also after a
 * restart. The server writes it itself: nothing that is pushed to a registry can change it.
 */
export const Settled = z.strictObject({
  schema: z.literal('pawl.settled/1'),
  model: Name,
  /**
   * The tip of main that was last verified and served, or that had nothing to serve; null if only revocations were seen
   * yet.
   */
  tip: ObjectId.nullable(),
  /** The versions that were accepted, in the order in which they first were: a number means one content for ever. */
  versions: z.array(VersionRef).max(100_000),
  /** Every manifest that main was ever seen to revoke, unless an operator lifted that. */
  revoked: z.array(Digest).max(100_000),
});
export type Settled = z.infer<typeof Settled>;

/** Where a server keeps its accepted state. */
export type SettledStore = {
  /** Null if it was never written. @throws {SettledUnreadableError} */
  readonly read: () => Promise<Settled | null>;
  /** Writes all of it or nothing. @throws {SettledUnwritableError} */
  readonly write: (settled: Settled) => Promise<void>;
};

export const nothingSettled = (model: string): Settled => ({
  schema: 'pawl.settled/1',
  model,
  tip: null,
  versions: [],
  revoked: [],
});

/** Adds revocations; returns the same object if it had them all. */
export function withRevoked(settled: Settled, revoked: readonly Digest[]): Settled {
  const all = [...new Set([...settled.revoked, ...revoked])];
  return all.length === settled.revoked.length ? settled : { ...settled, revoked: all };
}

/** Accepts a tip and what it has in production; returns the same object if nothing changes. */
export function settledOn(settled: Settled, tip: ObjectId, production: VersionRef | null): Settled {
  const isNew = production !== null && !settled.versions.some((known) => known.version === production.version);
  if (!isNew && tip === settled.tip) return settled;
  return { ...settled, tip, versions: isNew ? [...settled.versions, production] : settled.versions };
}

/** The accepted version with the same number and another content, or null: a number is given once. */
export const renumbered = ({ versions }: Settled, { version, manifest }: VersionRef): VersionRef | null =>
  versions.find((known) => known.version === version && known.manifest !== manifest) ?? null;

/** What to do if main is right and the accepted state is not. */
export const ACCEPT = 'pawl registry accept-main --reason "…"';

/**
 * Main's own line does not hold the tip that was last accepted, or gives one of its version numbers another content.
 */
export class MainMovedBackError extends RegistryError {
  readonly code = 'main_moved_back';
}

/** The accepted state cannot be read. That is not the same as having none. */
export class SettledUnreadableError extends RegistryError {
  readonly code = 'settled_unreadable';
}

/** The accepted state cannot be written. */
export class SettledUnwritableError extends RegistryError {
  readonly code = 'settled_unwritable';
}
