import type { Bench } from './bench.ts';
export const nbsvm: Bench = { name: 'nbsvm', summary: '', run: async () => ({ status: 'not run', reason: 'x' }) };
