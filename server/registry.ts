import type { Manifest } from '../registry-repo/manifest.ts';
import type { Counts, Digest, ObjectId } from '../registry-repo/values.ts';

/**
 * F1 in [0, 1], what it is called (`macro F1`, `F1 of "fraud"`), and the counts it comes from, `confusion[truth][predicted]` in the
 * order of these labels.
 */
export type Evaluation = {
  readonly measure: string;
  readonly f1: number;
  readonly labels: readonly string[];
  readonly confusion: Counts;
};

/** A version that main has in production. Its signed verdict, its digests and the way it got there were verified. */
export type ProvenVersion = {
  readonly version: number;
  readonly manifest: Manifest;
  readonly manifestDigest: Digest;
  readonly verdict: Digest;
  /** How it came into production, and the commit on main that put it there. */
  readonly promotion: {
    readonly id: string;
    readonly class: 'promotion' | 'rollback';
    readonly pullRequest: number;
    readonly commit: ObjectId;
  };
  /** What the gate measured; null where no gate measured anything, as in some rollbacks. */
  readonly measured: Evaluation | null;
  /** Reads files of the version. Each is checked against the manifest's digest. */
  readonly files: (paths: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
};

/** The registry as its servers use it. */
export type Registry = {
  /** Updates the local copy. @returns main's tip */
  readonly sync: () => Promise<ObjectId>;
  /**
   * What main has in production at a commit, verified without reading the model itself; null before the first
   * promotion. Throws a typed error for what cannot be verified.
   */
  readonly verify: (tip: ObjectId) => Promise<ProvenVersion | null>;
  /** Whether main's first-parent line, from this tip back, holds a commit. */
  readonly isOnLine: (commit: ObjectId, tip: ObjectId) => Promise<boolean>;
  /** Digests of the manifests that the rules at a commit revoke for ever. */
  readonly revoked: (tip: ObjectId) => Promise<readonly Digest[]>;
};
