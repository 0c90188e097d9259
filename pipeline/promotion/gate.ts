import type { GateAnswer, GateRequest } from '../../registry-repo/gate/gate.ts';

/** Judges one commit of the registry: `registry-repo/gate/gate.ts`, with all its inputs but the question filled in. */
export type Judge = (question: Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason'>) => Promise<GateAnswer>;

/** The setting `registry.gate`: this machine, the registry's own workflow, or a machine that runs `pawl gate watch`. */
export type GatePlace = 'here' | 'workflow' | 'watch';

/**
 * Who judges and merges: this process, or a gate elsewhere (the registry's own workflow, or a machine that watches it).
 * Pawl then waits for that gate's signed verdict.
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
      /** How often to look for an answer; milliseconds. */
      readonly lookMs: number;
      /** How often to ask again if none comes; null: nobody need ask, because that gate looks for itself. */
      readonly askMs: number | null;
    };
