import type { Promotion } from '../../projections/promotions.ts';
import { RefMovedError } from '../../registry-repo/git.ts';
import type { NextStep } from './decide.ts';
import type { PromotionPorts } from './promotion-ports.ts';
import { judge } from './steps/judge.ts';
import { merge } from './steps/merge.ts';
import { open } from './steps/open.ts';
import type { Outcome, StepPorts } from './steps/outcome.ts';
import { reject } from './steps/reject.ts';

/** What each step of a promotion does. Every step may be repeated, by this process or another. */
export class Steps {
  readonly #ports: StepPorts;

  constructor(ports: PromotionPorts) {
    this.#ports = { ...ports, asked: new Map(), saidBefore: new Map() };
  }

  /** If a ref moved meanwhile, another process does the same work: decide again. */
  async attempt(next: NextStep, promotion: Promotion): Promise<Outcome> {
    try {
      return await this.#perform(next, promotion);
    } catch (error) {
      if (error instanceof RefMovedError) return [];
      throw error;
    }
  }

  #perform(next: NextStep, promotion: Promotion): Promise<Outcome> {
    switch (next.step) {
      case 'open':
        return open(this.#ports, promotion);
      case 'judge':
        return judge(this.#ports, promotion, next.newer);
      case 'merge':
        return merge(this.#ports, promotion, next.newer);
      case 'reject':
        return reject(this.#ports, promotion, next.cause, next.reasons);
      case 'none':
        return Promise.resolve([]);
    }
  }
}
