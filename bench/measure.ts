import { measureName } from '../registry-repo/averaging.ts';
import type { Averaging } from '../registry-repo/f1.ts';

/** The measure of every bench on film reviews. */
export const REVIEWS = { average: 'binary', positive: 'pos' } as const satisfies Averaging;

/** Its name in figures, tables and sentences of benches. */
export const REVIEWS_F1 = measureName(REVIEWS);
