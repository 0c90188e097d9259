import { setTimeout as sleep } from 'node:timers/promises';
import type { Fact } from '../../events/catalogue.ts';
import { encodeFacts } from '../../events/envelope.ts';
import { PawlError, StreamConflictError } from '../../events/errors.ts';
import { modelStream } from '../../events/streams.ts';
import type { Promotion } from '../../projections/promotions.ts';
import { couldNotJudge } from '../../registry-repo/gate/whose-fault.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { readCandidate } from './candidate.ts';
import { NotPromotableError, newerThan, nextStep, type Proposal, proposePromotion, proposeRollback } from './decide.ts';
import { holderOf, type Lease, takeLease } from './lease.ts';
import type { PromotionPorts } from './promotion-ports.ts';
import { type ModelState, readModel } from './state.ts';
import { Steps } from './steps.ts';

/**
 * The remote gate has not answered in time, or another process still works on the model. The promotion stays open;
 * `pawl reconcile` continues it.
 */
export class GateTimeoutError extends PawlError {
  readonly code = 'gate_timeout';
}

/** Other processes have changed the same each time that this one tried. What is open stays open. */
export class ContendedError extends PawlError {
  readonly code = 'contended';
}

/** How often a race may be lost. Each lost race is another process's progress; more of them in a row mean an error. */
const MOST_LOST_RACES = 100;

/** A promotion as it is now; `leased`: it was left alone, because another process works on this model. */
export type Attended = { readonly promotion: Promotion; readonly leased: Lease | null };

/** How often to check whether another process has finished: soon at first, then less and less. Milliseconds. */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 2000;

/** How long to wait for remote work; 0 does not wait. */
export type Patience = { readonly waitMs: number; readonly signal?: AbortSignal };

/**
 * Takes promotions and rollbacks from proposal to end: branch → pull request → gate → merge or refusal → record.
 *
 * Every step is decided from the log. A repeated step finds what is half done and has its effect once. Its outcome is
 * recorded against the revision on which it was decided. So a promotion may be killed anywhere, and several processes
 * may run it at once.
 */
export class PromotionProcess {
  readonly #ports: PromotionPorts;
  readonly #steps: Steps;

  constructor(ports: PromotionPorts) {
    this.#ports = ports;
    this.#steps = new Steps(ports);
  }

  /** Proposes a candidate by its manifest's digest. @throws {NotPromotableError} {ArtifactMissingError} {GateUnfitError} */
  async propose(manifest: string, runId: string | null): Promise<{ model: string; proposal: Proposal }> {
    const { artifacts, forge, gate, newId } = this.#ports;
    const candidate = (await readCandidate(artifacts, manifest)).manifest;
    const main = new RegistryAt(forge.git, await forge.sync());
    const { models } = (await main.policy()).value;
    if (!Object.hasOwn(models, candidate.model))
      throw new NotPromotableError(
        `gate.json has no rules for ${candidate.model}: add it with \`pawl registry configure\``,
      );
    const current = (await main.production(candidate.model))?.value;
    const baseline = current ? { version: current.version, manifest: current.manifest } : null;
    if (gate.kind === 'here') await gate.check(candidate.files.reduce((sum, file) => sum + file.sizeBytes, 0));
    const promotionId = newId();
    const highest = (await main.versions(candidate.model)).at(-1) ?? 0;
    const command = { promotionId, manifest, runId, claimedF1: candidate.claimed.f1, baseline, highest };
    return {
      model: candidate.model,
      proposal: await this.#propose(candidate.model, promotionId, (s) => proposePromotion(s, command)),
    };
  }

  /** @param to null: what was in production before @throws {NotPromotableError} {GateUnfitError} */
  async rollBack(model: string, to: number | null, reason: string): Promise<Proposal> {
    const { forge, gate, newId } = this.#ports;
    if (gate.kind === 'here') await gate.check(0);
    const promotionId = newId();
    return this.#propose(model, promotionId, async (state) => {
      const pointer = (await new RegistryAt(forge.git, await forge.sync()).production(model))?.value ?? null;
      const onMain = pointer && { version: pointer.version, manifest: pointer.manifest };
      return proposeRollback(state, { promotionId, to, reason, onMain });
    });
  }

  /** Decides again after each conflict: another proposal may have taken the number, or be the same. */
  async #propose(
    model: string,
    promotionId: string,
    decide: (state: ModelState) => Proposal | Promise<Proposal>,
  ): Promise<Proposal> {
    for (let attempt = 1; attempt <= MOST_LOST_RACES; attempt++) {
      const state = await readModel(this.#ports.store, model);
      const proposal = await decide(state);
      if (proposal.kind !== 'new' || (await this.#record(model, promotionId, 'proposed', state, [proposal.fact])))
        return proposal;
    }
    throw new ContendedError(contended(`proposing a version of ${model}`));
  }

  /**
   * Takes an open promotion to its end, or to where it waits for a person. If the gate is remote, this process waits if
   * `wait` allows it. A promotion that has ended is not changed. One that the gate could not judge stays open, and the
   * next call has it judged again.
   *
   * @throws {GateTimeoutError} if it still waits after the time given; not if none was given
   * @throws {ContendedError}
   */
  async finish(model: string, promotionId: string, { waitMs, signal }: Patience = { waitMs: 0 }): Promise<Promotion> {
    const deadline = this.#ports.clock().getTime() + waitMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
      const { promotion, leased } = await this.tryFinish(model, promotionId, { waitMs, ...(signal && { signal }) });
      if (!leased || promotion.status !== 'open' || waitMs === 0) return promotion;
      if (this.#ports.clock().getTime() >= deadline) throw new GateTimeoutError(stillHeld(promotion, leased, waitMs));
      if (pause === FIRST_PAUSE_MS) this.#ports.say(`waiting for ${holderOf(leased)}`);
      await sleep(pause, undefined, signal ? { signal } : {});
    }
  }

  /**
   * The same, unless another process works on this model's promotions: then the promotion is left alone, and the holder
   * is reported. If the gate is remote, no process here judges, and no lease is needed.
   */
  async tryFinish(model: string, promotionId: string, patience: Patience = { waitMs: 0 }): Promise<Attended> {
    const known = await this.#promotion(model, promotionId);
    if (known.status !== 'open') return { promotion: known, leased: null };
    if (this.#ports.gate.kind === 'workflow')
      return { promotion: await this.#finish(model, promotionId, patience), leased: null };
    const taken = await takeLease(this.#ports, model, promotionId);
    if (taken.kind === 'held') return { promotion: await this.#promotion(model, promotionId), leased: taken.lease };
    try {
      return { promotion: await this.#finish(model, promotionId, patience), leased: null };
    } finally {
      await taken.release();
    }
  }

  /** @throws {NotPromotableError} if the log has no such promotion */
  async #promotion(model: string, promotionId: string): Promise<Promotion> {
    const promotion = (await readModel(this.#ports.store, model)).promotions.get(promotionId);
    if (promotion) return promotion;
    throw new NotPromotableError(`no promotion ${promotionId} of ${model}: see \`pawl registry log\``);
  }

  async #finish(model: string, promotionId: string, { waitMs, signal }: Patience): Promise<Promotion> {
    const { clock, gate } = this.#ports;
    const deadline = clock().getTime() + waitMs;
    let unjudged = false;
    for (let lost = 0; lost < MOST_LOST_RACES; ) {
      const state = await readModel(this.#ports.store, model);
      const promotion = state.promotions.get(promotionId);
      if (!promotion) return this.#promotion(model, promotionId);
      const next = nextStep(promotion, newerThan(promotion, state));
      if (next.step === 'none' || unjudged) return promotion;
      const outcome = await this.#steps.attempt(next, promotion);
      if (outcome === 'unapproved' || outcome === 'unjudged' || (outcome === 'waiting' && waitMs === 0))
        return promotion;
      if (outcome === 'waiting') {
        if (clock().getTime() >= deadline) throw new GateTimeoutError(stillWaiting(promotion, waitMs));
        await sleep(gate.kind === 'workflow' ? gate.lookMs : 0, undefined, signal ? { signal } : {});
      } else {
        const step = `${next.step}:${promotion.eventIds.length}`;
        const recorded = outcome.length > 0 && (await this.#record(model, promotionId, step, state, outcome));
        lost = recorded ? 0 : lost + 1;
        unjudged = recorded && outcome.some((fact) => fact.type === 'GateJudged' && couldNotJudge(fact.data));
      }
    }
    throw new ContendedError(contended(`promotion ${promotionId} of ${model}`));
  }

  /** Ends the earlier candidates of a model that only wait, now that there is a newer one. */
  async endSuperseded(model: string, promotionId: string): Promise<void> {
    const state = await readModel(this.#ports.store, model);
    const earlier = [...state.promotions.values()].filter(
      (p) => p.status === 'open' && p.pullRequest && newerThan(p, state)?.id === promotionId,
    );
    for (const { id, judged } of earlier)
      if (this.#ports.gate.kind === 'workflow' || judged?.result === 'pass') await this.finish(model, id);
  }

  /** @returns false if the stream has moved on: then the decision may no longer be right */
  async #record(
    model: string,
    promotionId: string,
    step: string,
    state: ModelState,
    facts: readonly Fact[],
  ): Promise<boolean> {
    const { store, clock, command } = this.#ports;
    const meta = {
      ...command,
      correlationId: promotionId,
      causationId: state.promotions.get(promotionId)?.eventIds.at(-1) ?? null,
    };
    // The revision is part of the id: a step that is repeated after a lost race is another command.
    const commandId = `promotion:${promotionId}:${step}:${state.revision}`;
    try {
      await store.append(modelStream(model), state.revision, encodeFacts({ ...meta, commandId, time: clock() }, facts));
      return true;
    } catch (error) {
      if (error instanceof StreamConflictError) return false;
      throw error;
    }
  }
}

const contended = (what: string): string =>
  `${what} was overtaken by other processes ${MOST_LOST_RACES} times in a row: see what they do with \`pawl events list\`, then run \`pawl reconcile\``;

const stillWaiting = ({ pullRequest, judged }: Promotion, waitMs: number): string =>
  `${pullRequest?.url ?? 'the promotion'} still waits for ${judged?.result === 'pass' ? 'its merge' : 'the gate’s verdict'} after ${Math.round(waitMs / 60_000)} minutes: look at the registry’s workflow runs; \`pawl reconcile\` goes on from here`;

const stillHeld = ({ id }: Promotion, lease: Lease, waitMs: number): string =>
  `promotion ${id} still waits for its turn after ${Math.round(waitMs / 60_000)} minutes: the model is held by ${holderOf(lease)}; \`pawl reconcile\` goes on from here`;
