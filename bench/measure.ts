import { measureName } from '../registry-repo/averaging.ts';
import type { Averaging } from '../registry-repo/f1.ts';

/** By which every bench measures film reviews. */
export const REVIEWS = { average: 'binary', positive: 'pos' } as const satisfies Averaging;

/** What figures, tables and sentences of benches call it. */
export const REVIEWS_F1 = measureName(REVIEWS);
