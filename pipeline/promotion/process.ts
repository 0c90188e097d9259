import type { EventData, Fact } from '../../events/catalogue.ts';
import { type Command, encodeFacts } from '../../events/envelope.ts';
import { StreamConflictError } from '../../events/errors.ts';
import type { EventStore } from '../../events/store.ts';
import { modelStream } from '../../events/streams.ts';
import type { Reason } from '../../events/values.ts';
import type { Promotion } from '../../projections/promotions.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import type { GateJudgement, GateRequest } from '../../registry-repo/gate/gate.ts';
import { type Identity, RefMovedError } from '../../registry-repo/git.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import type { SigningKey } from '../../registry-repo/verdict/keys.ts';
import { MergeRefusedError } from '../forge/errors.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import { branchName, buildCommit } from './branch.ts';
import { readCandidate } from './candidate.ts';
import {
  type NextStep,
  NotPromotableError,
  nextStep,
  type Proposal,
  proposePromotion,
  proposeRollback,
} from './decide.ts';
import { mergedFact, mergeMessage, reportFacts } from './merged.ts';
import { pullRequestBody, pullRequestTitle } from './report.ts';
import { type ModelState, readModel } from './state.ts';

export const GATE_CONTEXT = 'pawl/gate';

/** Judges one commit of the registry; `registry-repo/gate/gate.ts` with everything but the question filled in. */
export type Judge = (
  question: Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason'>,
) => Promise<{ judgement: GateJudgement; verdict: Buffer | null }>;

export type PromotionPorts = {
  readonly store: EventStore;
  readonly artifacts: Artifacts;
  readonly forge: Forge;
  readonly judge: Judge;
  readonly logKey: SigningKey;
  readonly by: Identity;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly command: Pick<Command, 'actor' | 'source'>;
  /** A remark for whoever waits. */
  readonly say: (line: string) => void;
};

/** What one step came to: facts to record, or nothing new yet (look at the world again). */
type Outcome = readonly Fact[];

/**
 * Takes promotions and rollbacks from proposal to end: branch → pull request → gate → merge or refusal → record.
 *
 * Every step is decided from the log, repeats what it finds half done without doing it twice, and records its outcome
 * against the revision it was decided on. So it may be killed anywhere, and run by several processes at once.
 */
export class PromotionProcess {
  readonly #ports: PromotionPorts;

  constructor(ports: PromotionPorts) {
    this.#ports = ports;
  }

  /** Proposes a candidate by its manifest's digest. @throws {NotPromotableError} {ArtifactMissingError} */
  async propose(manifest: string, runId: string | null): Promise<{ model: string; proposal: Proposal }> {
    const { artifacts, forge, newId } = this.#ports;
    const candidate = (await readCandidate(artifacts, manifest)).manifest;
    const main = new RegistryAt(forge.git, await forge.sync());
    const { models } = (await main.policy()).value;
    if (!Object.hasOwn(models, candidate.model))
      throw new NotPromotableError(
        `gate.json has no rules for ${candidate.model}: add it with \`pawl registry configure\``,
      );
    const current = (await main.production(candidate.model))?.value;
    const baseline = current ? { version: current.version, manifest: current.manifest } : null;
    const promotionId = newId();
    const command = { promotionId, manifest, runId, claimedF1: candidate.claimed.f1, baseline };
    return {
      model: candidate.model,
      proposal: await this.#propose(candidate.model, promotionId, (s) => proposePromotion(s, command)),
    };
  }

  /** @param to null: what was in production before @throws {NotPromotableError} */
  rollBack(model: string, to: number | null, reason: string): Promise<Proposal> {
    const promotionId = this.#ports.newId();
    return this.#propose(model, promotionId, (state) => proposeRollback(state, { promotionId, to, reason }));
  }

  /** Decides again with each conflict: somebody else's proposal may have taken the number, or be the same. */
  async #propose(model: string, promotionId: string, decide: (state: ModelState) => Proposal): Promise<Proposal> {
    for (;;) {
      const state = await readModel(this.#ports.store, model);
      const proposal = decide(state);
      if (proposal.kind !== 'new' || (await this.#record(model, promotionId, 'proposed', state, [proposal.fact])))
        return proposal;
    }
  }

  /** Takes an open promotion to its end. One that has ended is left as it is. */
  async finish(model: string, promotionId: string): Promise<Promotion> {
    for (;;) {
      const state = await readModel(this.#ports.store, model);
      const promotion = state.promotions.get(promotionId);
      if (!promotion)
        throw new NotPromotableError(`no promotion ${promotionId} of ${model}: see \`pawl registry log\``);
      const next = nextStep(promotion);
      if (next.step === 'none') return promotion;
      const facts = await this.#attempt(next, promotion);
      if (facts.length > 0)
        await this.#record(model, promotionId, `${next.step}:${promotion.eventIds.length}`, state, facts);
    }
  }

  /** @returns false if the stream has moved on: what was decided may no longer be so */
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
    // The revision is part of the id: a step repeated after a lost race is another command.
    const commandId = `promotion:${promotionId}:${step}:${state.revision}`;
    try {
      await store.append(modelStream(model), state.revision, encodeFacts({ ...meta, commandId, time: clock() }, facts));
      return true;
    } catch (error) {
      if (error instanceof StreamConflictError) return false;
      throw error;
    }
  }

  /** A ref that moved under our hands means that another process is at the same work: look again. */
  async #attempt(next: NextStep, promotion: Promotion): Promise<Outcome> {
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
        return this.#open(promotion);
      case 'judge':
        return this.#judge(promotion);
      case 'merge':
        return this.#merge(promotion);
      case 'reject':
        return this.#reject(promotion, next.cause, next.reasons);
      case 'none':
        return Promise.resolve([]);
    }
  }

  async #open(promotion: Promotion): Promise<Outcome> {
    const { forge } = this.#ports;
    const base = await forge.sync();
    const branch = branchName(promotion);
    const head = await buildCommit({ ...this.#ports, git: forge.git }, promotion, base);
    await forge.pushBranch(branch, head, await forge.branch(branch));
    const facts = await reportFacts(this.#ports, promotion, base);
    const labels = [promotion.class];
    const opened = await forge.openPullRequest({
      branch,
      title: pullRequestTitle(facts),
      body: pullRequestBody(facts),
      labels,
    });
    this.#ports.say(`pull request ${opened.url}: ${opened.title}`);
    const { number, url } = opened;
    return [{ type: 'PullRequestOpened', data: { promotionId: promotion.id, number, url, branch, head, base } }];
  }

  async #judge(promotion: Promotion): Promise<Outcome> {
    const { forge, artifacts, judge } = this.#ports;
    const pull = await forge.pullRequest(numberOf(promotion));
    const moved = await this.#moved(promotion, pull);
    if (moved) return moved;
    const base = await forge.sync();
    await forge.setStatus(pull.head, { context: GATE_CONTEXT, state: 'pending', description: 'judging' });
    const { judgement, verdict } = await judge({
      head: pull.head,
      base,
      pullRequest: pull.number,
      reason: promotion.reason,
    });
    if (judgement.result === 'stale') return this.#rebase(promotion, pull);
    if (verdict) await artifacts.put(verdict);
    return [{ type: 'GateJudged', data: judgedData(promotion, judgement, judgement.result) }];
  }

  async #merge(promotion: Promotion): Promise<Outcome> {
    const { forge, artifacts } = this.#ports;
    const judged = promotion.judged as EventData<'GateJudged'>;
    const pull = await forge.pullRequest(numberOf(promotion));
    const moved = await this.#moved(promotion, pull);
    if (moved) return moved;
    const base = await forge.sync();
    const bound = judged.bound as NonNullable<typeof judged.bound>;
    const voided = await misfits({ bound, model: promotion.model }, new RegistryAt(forge.git, base));
    if (voided.length > 0) {
      this.#ports.say(`main has moved (${voided.map((f) => f.code).join(', ')}): judging again`);
      return this.#rebase(promotion, pull);
    }
    await forge.attachVerdict(pull.head, await artifacts.get(judged.verdict as string));
    await this.#publish(promotion, pull, 'success');
    try {
      const merged = await forge.merge({
        number: pull.number,
        head: pull.head,
        base,
        message: mergeMessage(promotion, pull),
      });
      return [await mergedFact(forge.git, promotion, pull, merged.commit)];
    } catch (error) {
      if (!(error instanceof MergeRefusedError)) throw error;
      if (error.refusal === 'conflict') return this.#rebase(promotion, pull);
      if (error.refusal === 'not-allowed')
        return this.#reject(promotion, 'abandoned', [{ code: 'merge-not-allowed', message: error.message }]);
      return []; // something moved: the next look decides
    }
  }

  /** What has happened to the pull request behind our back, as facts; null if it is as we left it. */
  async #moved(promotion: Promotion, pull: PullRequest): Promise<Outcome | null> {
    if (pull.state === 'merged' && pull.mergeCommit && promotion.judged?.result === 'pass')
      return [await mergedFact(this.#ports.forge.git, promotion, pull, pull.mergeCommit)];
    if (pull.state !== 'open')
      return this.#reject(promotion, 'closed', [
        { code: 'pull-request-closed', message: `pull request ${pull.number} is ${pull.state}, and not by us` },
      ]);
    if (pull.head === promotion.pullRequest?.head) return null;
    return [await this.#rebasedFact(promotion, pull.head)];
  }

  async #rebase(promotion: Promotion, pull: PullRequest): Promise<Outcome> {
    const { forge } = this.#ports;
    const head = await buildCommit({ ...this.#ports, git: forge.git }, promotion, await forge.sync());
    await forge.pushBranch(pull.branch, head, pull.head);
    return [await this.#rebasedFact(promotion, head)];
  }

  async #rebasedFact(promotion: Promotion, head: ObjectId): Promise<Fact> {
    const { git } = this.#ports.forge;
    const base = await git.text(['merge-base', head, await this.#ports.forge.sync()]);
    const current = (await new RegistryAt(git, base).production(promotion.model))?.value;
    const baseline = current ? { version: current.version, manifest: current.manifest } : null;
    return {
      type: 'PullRequestRebased',
      data: { promotionId: promotion.id, number: numberOf(promotion), head, base, baseline },
    };
  }

  async #reject(
    promotion: Promotion,
    cause: EventData<'PromotionRejected'>['cause'],
    reasons: readonly Reason[],
  ): Promise<Outcome> {
    const { forge, artifacts } = this.#ports;
    const pull = await forge.pullRequest(numberOf(promotion));
    if (promotion.judged?.verdict && promotion.judged.head === pull.head)
      await forge.attachVerdict(pull.head, await artifacts.get(promotion.judged.verdict));
    await this.#publish(promotion, pull, cause === 'gate-error' ? 'error' : 'failure');
    await forge.closePullRequest(pull.number);
    await forge.deleteBranch(pull.branch);
    const version = promotion.class === 'promotion' ? promotion.candidate.version : null;
    return [
      {
        type: 'PromotionRejected',
        data: { promotionId: promotion.id, version, cause, reasons: [...reasons], number: pull.number },
      },
    ];
  }

  /** Shows the judgement where people look: the commit's status, the pull request's text, a comment. */
  async #publish(promotion: Promotion, pull: PullRequest, state: 'success' | 'failure' | 'error'): Promise<void> {
    const { forge } = this.#ports;
    const facts = await reportFacts(this.#ports, promotion, await forge.sync());
    const why = promotion.judged?.reasons.map((r) => r.message).join('; ') ?? 'not judged';
    await forge.setStatus(pull.head, { context: GATE_CONTEXT, state, description: why.slice(0, 140) });
    const body = pullRequestBody(facts);
    await forge.updatePullRequest(pull.number, { title: pullRequestTitle(facts), body });
    await forge.comment(pull.number, { marker: 'pawl-gate', body: body.split('\n\n### ')[0] as string });
  }
}

const numberOf = (promotion: Promotion): number => promotion.pullRequest?.number as number;

function judgedData(
  promotion: Promotion,
  judgement: GateJudgement,
  result: 'pass' | 'fail' | 'error',
): EventData<'GateJudged'> {
  const { reasons, bound, measured, claimed, head, base, verdict, scorer, durationMs } = judgement;
  return {
    promotionId: promotion.id,
    class: promotion.class,
    result,
    reasons: reasons.map(({ code, message }) => ({ code, message })),
    bound,
    measured,
    claimed,
    head,
    base,
    verdict,
    scorer,
    durationMs,
  };
}
