import type { RecordedEvent } from '../../events/envelope.ts';
import type { EventStore } from '../../events/store.ts';
import type { Views } from '../../projections/views.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import type { Git } from '../../registry-repo/git.ts';
import type { Key } from '../../registry-repo/policy.ts';
import type { ObjectId } from '../../registry-repo/values.ts';

/** What an audit reads. It changes nothing. */
export type AuditSubject = {
  readonly store: EventStore;
  /** The tables that commands read; null if there are none to compare. */
  readonly views: Views | null;
  readonly artifacts: Artifacts;
  /** Whether another machine may have an artifact: the log is shared, and the store belongs to one machine. */
  readonly artifactsApart: boolean;
  /** The registry with main's tip; null before it was made, and if main cannot be read. */
  readonly registry: { readonly git: Git; readonly tip: ObjectId } | null;
  /** Why main cannot be read; left out if it can be, or if there is no registry yet. */
  readonly unread?: string;
  readonly trusted: readonly Key[];
  readonly now: Date;
  readonly progress: (stage: string, done: number, of: number) => void;
};

/** The log, read once for all checks: complete decisions, and the rest as far as checks need it. */
export type ReadLog = {
  readonly size: number;
  readonly streams: number;
  /** Every event but the points of metrics. */
  readonly events: readonly RecordedEvent[];
  /** Leaf hashes of the whole log at the sizes that checkpoints name: root by size. */
  readonly roots: ReadonlyMap<number, string>;
};

export const eventName = (e: { stream: string; revision: number; position: number }): string =>
  `event ${e.position} (${e.stream}@${e.revision})`;
