import { modelOf } from './baseline.ts';
import type { EventOf, Projection } from './projection.ts';

type Types = 'PromotionProposed' | 'PromotionMerged' | 'ProductionRolledBack' | 'PromotionRejected';

/** One version of a model. Its number is never used again, whatever happens to the version. */
export type Version = {
  readonly model: string;
  readonly version: number;
  readonly manifest: string;
  readonly runId: string | null;
  readonly promotionId: string;
  readonly status: 'proposed' | 'production' | 'superseded' | 'rejected';
  /** The periods in which it was in production; the last one is open while it is there. */
  readonly spans: readonly { readonly from: string; readonly to: string | null; readonly commit: string }[];
};

/** One row per version of every model. The keys put a model's rows together and in order. */
export const versions: Projection<Version, Types> = {
  name: 'versions',
  version: 1,
  types: ['PromotionProposed', 'PromotionMerged', 'ProductionRolledBack', 'PromotionRejected'],
  keys: (event) => touched(event).map((version) => versionKey(modelOf(event.stream), version)),
  evolve: (row, event, key) => {
    switch (event.type) {
      case 'PromotionProposed':
        return row ?? proposed(event);
      case 'PromotionMerged':
        return row && moved(row, key === versionKey(row.model, event.data.candidate.version), event);
      case 'ProductionRolledBack':
        return row && moved(row, key === versionKey(row.model, event.data.to.version), event);
      case 'PromotionRejected':
        return row?.promotionId === event.data.promotionId && row.status === 'proposed'
          ? { ...row, status: 'rejected' }
          : row;
    }
  },
};

/** `<model>/<ten digits>`: sorts by number. */
export const versionKey = (model: string, version: number): string => `${model}/${String(version).padStart(10, '0')}`;

function touched(event: EventOf<Types>): number[] {
  switch (event.type) {
    case 'PromotionProposed':
      return event.data.class === 'promotion' ? [event.data.candidate.version] : [];
    case 'PromotionMerged':
      return [event.data.candidate.version, ...(event.data.replaced ? [event.data.replaced.version] : [])];
    case 'ProductionRolledBack':
      return [event.data.from.version, event.data.to.version];
    case 'PromotionRejected':
      return event.data.version === null ? [] : [event.data.version];
  }
}

function proposed(event: EventOf<'PromotionProposed'>): Version {
  const { candidate, runId, promotionId } = event.data;
  return { model: modelOf(event.stream), ...candidate, runId, promotionId, status: 'proposed', spans: [] };
}

function moved(
  row: Version,
  intoProduction: boolean,
  event: EventOf<'PromotionMerged' | 'ProductionRolledBack'>,
): Version {
  if (intoProduction)
    return {
      ...row,
      status: 'production',
      spans: [...row.spans, { from: event.time, to: null, commit: event.data.commit }],
    };
  return { ...row, status: 'superseded', spans: row.spans.map((s) => (s.to === null ? { ...s, to: event.time } : s)) };
}
