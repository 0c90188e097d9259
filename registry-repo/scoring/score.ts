import type { StoredMeasured } from '../judge/evidence.ts';
import type { Finding } from '../judge/finding.ts';

/** The engine that scored: part of a verdict, because kernels differ between versions. */
export type ScorerVersions = {
  readonly onnxruntime: string;
  readonly node: string;
  /** Given only if the machine does not tell a process's memory: then memory was not bounded. */
  readonly memory?: 'unbounded' | undefined;
};

/**
 * Where a scoring finds its files, and how much it may take. The folder holds `rows` (`printRows`), `candidate/` and,
 * if there is a baseline, `baseline/`, each with `manifest.json` and the files that the runtime needs. If rows leaked,
 * `leaked` has a byte for each row; a row whose byte is not zero is counted apart.
 */
export type ScoreTask = {
  readonly folder: string;
  readonly seconds: number;
  /** Resident memory of the whole scoring, in megabytes. */
  readonly megabytes: number;
  /** Whether to measure how long both models take for a text, if there is a baseline. */
  readonly latency?: boolean;
};

/** `refused`: a model is at fault. `failed`: the scoring did not finish, so nothing is known. */
export type ScoreOutcome =
  | { readonly kind: 'scored'; readonly measured: StoredMeasured; readonly versions: ScorerVersions }
  | {
      readonly kind: 'refused';
      readonly which: 'candidate' | 'baseline';
      readonly findings: readonly Finding[];
      readonly versions: ScorerVersions;
    }
  | { readonly kind: 'failed'; readonly finding: Finding };

/** Measures candidate and baseline on the same rows. It always answers: it never rejects, and never hangs. */
export type Score = (task: ScoreTask) => Promise<ScoreOutcome>;

/** Third argument of the scoring process: measure latency, too. */
export const LATENCY = 'latency';

/** The folder's file of rows. */
export const ROWS = 'rows';
/** The folder's file of bytes, one a row. */
export const LEAKED = 'leaked';
