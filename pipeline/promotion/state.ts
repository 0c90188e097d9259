import { decode } from '../../events/decode.ts';
import { type EventStore, NO_STREAM, wholeStream } from '../../events/store.ts';
import { modelStream } from '../../events/streams.ts';
import { type Baseline, baseline } from '../../projections/baseline.ts';
import { type AnyProjection, fold } from '../../projections/projection.ts';
import { type Promotion, promotions } from '../../projections/promotions.ts';
import { type Version, versions } from '../../projections/versions.ts';

/** Everything on which a decision about one model depends, and the revision at which it was read. */
export type ModelState = {
  readonly promotions: ReadonlyMap<string, Promotion>;
  /** In order of their numbers. */
  readonly versions: readonly Version[];
  readonly baseline: Baseline | null;
  readonly revision: number;
};

/** Reads a model's stream and folds it, without any view: a view may be a moment old. */
export async function readModel(store: EventStore, model: string): Promise<ModelState> {
  const events = (await wholeStream(store, modelStream(model))).map(decode);
  const rowsOf = <Row>(projection: AnyProjection): Map<string, Row> => {
    const rows = new Map<string, Row>();
    fold(rows, projection, events);
    return rows;
  };
  return {
    promotions: rowsOf<Promotion>(promotions),
    versions: [...rowsOf<Version>(versions).values()].sort((a, b) => a.version - b.version),
    baseline: rowsOf<Baseline>(baseline).get(model) ?? null,
    revision: events.at(-1)?.revision ?? NO_STREAM,
  };
}
