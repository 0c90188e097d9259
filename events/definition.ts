import type * as z from 'zod';
import type { StreamKind } from './streams.ts';

/**
 * Turns the data of one stored version into the data of the next version. Pure. It may be called at every read, for
 * ever.
 */
export type Upcaster = (data: Record<string, unknown>) => Record<string, unknown>;

/**
 * What one event type means: the stream it belongs to, the shape that is written today, and how older shapes become
 * today's. `version` is always one more than the number of upcasters.
 */
export type EventDefinition<S extends z.ZodType = z.ZodType> = {
  readonly stream: StreamKind;
  readonly version: number;
  readonly schema: S;
  readonly upcasters: readonly Upcaster[];
  readonly example: z.input<S>;
};

/** Events from before the version that has sparse counts hold all counts; they stay valid. */
export const onlyDense: Upcaster = (data) => data;

/** @param upcasters element `i` turns version `i + 1` into version `i + 2` */
export const define = <S extends z.ZodType>(
  stream: StreamKind,
  schema: S,
  example: z.input<S>,
  upcasters: readonly Upcaster[] = [],
): EventDefinition<S> => ({ stream, schema, example, upcasters, version: upcasters.length + 1 });
