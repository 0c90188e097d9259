import type { Bench } from './bench.ts';
import { events } from './events.ts';
import { nbsvm } from './nbsvm.ts';

export const benches: readonly Bench[] = [events, nbsvm];
