import type { GateAnswer, GateRequest } from '../../registry-repo/gate/gate.ts';

/** Judges one commit of the registry: `registry-repo/gate/gate.ts`, with all its inputs but the question filled in. */
export type Judge = (question: Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason'>) => Promise<GateAnswer>;

/**
 * Who judges and merges: this process, or the registry's own workflow. Pawl then waits for the workflow's signed
 * verdict.
 */
export type Gate =
  | {
      readonly kind: 'here';
      readonly judge: Judge;
      /** Tries, before a pull request is opened, whether this machine can judge. @throws {GateUnfitError} */
      readonly check: (bytes: number) => Promise<void>;
    }
  | {
      readonly kind: 'workflow';
      /** How often to look for an answer, and how often to ask again if none comes; milliseconds. */
      readonly lookMs: number;
      readonly askMs: number;
    };
