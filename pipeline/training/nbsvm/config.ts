import * as z from 'zod';

const share = (what: string, preset: number) => z.number().min(0).max(1).default(preset).describe(what);

/** Settings of the trainer `nbsvm`. */
export const NbsvmConfig = z.strictObject({
  loss: z
    .enum(['logistic', 'squared-hinge', 'hinge'])
    .default('logistic')
    .describe('Logistic regression, or a support vector machine whose scores Platt scaling turns into probabilities'),
  cost: z.number().gt(0).max(1e6).default(100).describe('Cost of errors against regularisation (C)'),
  order: z.int().min(1).max(5).default(3).describe('Max length of n-grams of the whole text, in tokens'),
  zoneOrder: z.int().min(1).max(5).default(2).describe('Max length of n-grams of the opening and the closing'),
  opening: share('Share of a text whose n-grams also count as opening; 0 for none', 0.2),
  closing: share('Share of a text whose n-grams also count as closing; 0 for none', 0.3),
  smoothing: z.number().gt(0).max(100).default(1).describe('Added to every count before log-count ratios are taken'),
  singletons: z.boolean().default(false).describe('Keep n-grams that occur in only one training text'),
  bits: z
    .union([z.literal(0), z.int().min(8).max(24)])
    .default(0)
    .describe('Binary logarithm of the number of feature ids, 8 to 24; 0 fits it to the data, up to 22'),
  epochs: z.int().min(1).max(1000).default(50).describe('Max passes over the data'),
  tolerance: z
    .number()
    .gt(0)
    .max(1)
    .default(0.01)
    .describe('Stop after a pass in which no dual variable moved by more than this share of the cost'),
});
export type NbsvmConfig = z.infer<typeof NbsvmConfig>;

/** Where n-grams are taken from. */
export function zonesOf({ order, zoneOrder, opening, closing }: NbsvmConfig) {
  const zones = [{ from: 0, to: 1, order }];
  if (opening > 0) zones.push({ from: 0, to: opening, order: zoneOrder });
  if (1 - closing < 1) zones.push({ from: 1 - closing, to: 1, order: zoneOrder });
  return zones;
}
