import * as z from 'zod';
import { Name, RunId, VersionRef } from './values.ts';

/**
 * `models/<model>/production.json`: the baseline, which servers run. It names the pointer before it, so two promotions
 * of one model can never merge side by side.
 */
export const Production = z.strictObject({
  schema: z.literal('pawl.production/1'),
  model: Name,
  ...VersionRef.shape,
  previous: VersionRef.nullable(),
  promotion: RunId,
});
export type Production = z.infer<typeof Production>;

export const productionPath = (model: string): string => `models/${model}/production.json`;
