import type { Bench } from './bench.ts';
import { distilbert } from './distilbert.ts';
import { events } from './events.ts';
import { models } from './models.ts';
import { nbsvm } from './nbsvm.ts';
import { nbsvmDv } from './nbsvm-dv.ts';
import { products } from './products.ts';
import { quantize } from './quantize.ts';
import { serve } from './serve.ts';

/** Every bench. */
export const benches: readonly Bench[] = [events, nbsvm, nbsvmDv, models, distilbert, quantize, products, serve];
