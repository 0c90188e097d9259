import type { EventOf, Projection } from './projection.ts';

type Types = 'PromotionMerged' | 'ProductionRolledBack';

/** The version of a model in production, and the merge that put it there. */
export type Baseline = {
  readonly model: string;
  readonly version: number;
  readonly manifest: string;
  readonly modelDigest: string;
  readonly promotionId: string;
  readonly commit: string;
  readonly verdict: string;
  readonly since: string;
  readonly position: number;
  /** The version that it replaced. A rollback finds its target by following these. */
  readonly previous: { readonly version: number; readonly manifest: string } | null;
};

/** One row per model that has ever reached production; keyed by model name. */
export const baseline: Projection<Baseline, Types> = {
  name: 'baseline',
  version: 1,
  types: ['PromotionMerged', 'ProductionRolledBack'],
  keys: (event) => [modelOf(event.stream)],
  evolve: (row, event) => ({
    model: modelOf(event.stream),
    ...target(event),
    modelDigest: event.data.model,
    promotionId: event.data.promotionId,
    commit: event.data.commit,
    verdict: event.data.verdict,
    since: event.time,
    position: event.position,
    previous: row ? { version: row.version, manifest: row.manifest } : null,
  }),
};

/** The model a `model-<name>` stream is about. */
export const modelOf = (stream: string): string => stream.slice('model-'.length);

const target = (event: EventOf<Types>) => (event.type === 'PromotionMerged' ? event.data.candidate : event.data.to);
