import type { GateAnswer, GateRequest } from '../../registry-repo/gate/gate.ts';

/** Judges one commit of the registry; `registry-repo/gate/gate.ts` with everything but the question filled in. */
export type Judge = (question: Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason'>) => Promise<GateAnswer>;

/** Who judges and merges: this process, or the registry's own workflow, whose signed verdict is waited for. */
export type Gate =
  | {
      readonly kind: 'here';
      readonly judge: Judge;
      /** Tries, before a pull request is opened, whether this machine can judge. @throws {GateUnfitError} */
      readonly check: (bytes: number) => Promise<void>;
    }
  | {
      readonly kind: 'workflow';
      /** How often to look, and how often to ask once more if nothing happens; milliseconds. */
      readonly lookMs: number;
      readonly askMs: number;
    };
