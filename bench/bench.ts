import type { Progress } from '../pipeline/progress.ts';
import type { BenchOptions } from './options.ts';
import type { Outcome } from './report.ts';

/** One bench, by name. It writes only to `folder`, which is removed afterwards. */
export type Bench = {
  readonly name: string;
  readonly summary: string;
  run(options: BenchOptions, folder: string, progress: Progress): Promise<Outcome>;
};
