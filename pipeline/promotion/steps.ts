import type { Fact } from '../../events/catalogue.ts';
import type { Reason } from '../../events/values.ts';
import type { Promotion } from '../../projections/promotions.ts';
import { type Commit, type Git, RefMovedError } from '../../registry-repo/git.ts';
import { NoMergeFactsError, parseMergeMessage } from '../../registry-repo/merge-message.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import type { PullRequest } from '../forge/forge.ts';
import { branchName, buildCommit } from './branch.ts';
import type { NextStep } from './decide.ts';
import { answerData, errorData, verdictData } from './judged.ts';
import { GATE_CONTEXT, mergeOnVerdict } from './merge.ts';
import { mergedFact, reportFacts } from './merged.ts';
import { bringsSame, findJudged, type SignedVerdict } from './pass.ts';
import type { PromotionPorts } from './promotion-ports.ts';
import { pullRequestBody, pullRequestTitle } from './report.ts';
import { showJudgement } from './show.ts';

/**
 * What one step came to: facts to record; nothing new yet, as something moved (look at the world again at once); or it waits:
 * for a workflow, which takes minutes, or for a person's approval, which may take days.
 */
export type Outcome = readonly Fact[] | 'waiting' | 'unapproved';

/** What each step of a promotion does to the world. Every one may be repeated, by this process or another. */
export class Steps {
  readonly #ports: PromotionPorts;
  /** When this process last asked a workflow to judge, by commit. */
  readonly #asked = new Map<string, number>();

  constructor(ports: PromotionPorts) {
    this.#ports = ports;
  }

  /** A ref that moved under our hands means that another process is at the same work: look again. */
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
        return this.#open(promotion);
      case 'judge':
        return this.#judge(promotion, next.newer);
      case 'merge':
        return this.#merge(promotion, next.newer);
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

  async #judge(promotion: Promotion, newer: Promotion | null): Promise<Outcome> {
    const { forge, gate, artifacts } = this.#ports;
    const pull = await forge.pullRequest(numberOf(promotion));
    const base = await forge.sync();
    const known = await this.#known(promotion, pull);
    if (known) {
      const { verdict, bytes } = known;
      const fits = verdict.result === 'fail' || (await misfits(verdict, new RegistryAt(forge.git, base))).length === 0;
      if (fits || pull.state === 'merged') {
        await artifacts.put(bytes);
        return [{ type: 'GateJudged', data: await verdictData(forge.git, known) }];
      }
    }
    const moved = await this.#moved(promotion, pull, newer);
    if (moved) return moved;
    if (gate.kind === 'workflow') return this.#askAndWait(promotion, pull, { newer, base, asks: gate.askMs });
    await forge.setStatus(pull.head, { context: GATE_CONTEXT, state: 'pending', description: 'judging' });
    const { judgement, verdict } = await gate.judge({
      head: pull.head,
      base,
      pullRequest: pull.number,
      reason: promotion.reason,
    });
    if (judgement.result === 'stale') return this.#rebase(promotion, pull);
    if (verdict) await artifacts.put(verdict);
    return [{ type: 'GateJudged', data: answerData(promotion, judgement, judgement.result) }];
  }

  /** A verdict that is there already: of another process, of a workflow, or the one that main's own commit names. */
  async #known(promotion: Promotion, pull: PullRequest): Promise<SignedVerdict | null> {
    const { forge, trusted: keys, clock } = this.#ports;
    const trust = { keys, now: clock() };
    const judgedHead = pull.mergeCommit ? judgedHeadOfMerge(await commitAt(forge.git, pull.mergeCommit)) : null;
    for (const head of new Set([judgedHead, promotion.pullRequest?.head, pull.head])) {
      const found = head && (await forge.git.commitId(head)) ? await findJudged(forge.git, head, trust) : null;
      const { verdict } = found ?? {};
      if (verdict?.promotion === promotion.id && verdict.pullRequest === pull.number && found) return found;
    }
    return null;
  }

  async #askAndWait(
    promotion: Promotion,
    pull: PullRequest,
    { newer, base, asks }: { newer: Promotion | null; base: ObjectId; asks: number },
  ): Promise<Outcome> {
    const { forge, clock } = this.#ports;
    if (newer) return this.#reject(promotion, 'superseded', supersededBy(newer));
    const [ended] = (await forge.statuses(pull.head)).filter((s) => s.context === GATE_CONTEXT && s.state === 'error');
    if (ended) return [{ type: 'GateJudged', data: errorData(promotion, pull.head, base, ended.description) }];
    if (await this.#stale(promotion, pull, base)) return this.#rebase(promotion, pull);
    const last = this.#asked.get(pull.head);
    const now = clock().getTime();
    if (last === undefined || now - last >= asks) {
      await forge.requestGate({ number: pull.number, head: pull.head });
      if (last === undefined) this.#ports.say(`asked the registry’s gate to judge ${pull.url}`);
      this.#asked.set(pull.head, now);
    }
    return 'waiting';
  }

  /** Whether the pull request was made for another baseline than main has now. */
  async #stale({ model }: Promotion, pull: PullRequest, base: ObjectId): Promise<boolean> {
    const { git } = this.#ports.forge;
    const told = (await new RegistryAt(git, pull.head).production(model).catch(() => null))?.value;
    const current = (await new RegistryAt(git, base).production(model))?.value;
    return told !== undefined && told.previous?.manifest !== current?.manifest && told.manifest !== current?.manifest;
  }

  async #merge(promotion: Promotion, newer: Promotion | null): Promise<Outcome> {
    const { forge, gate } = this.#ports;
    const pull = await forge.pullRequest(numberOf(promotion));
    const moved = await this.#moved(promotion, pull, newer);
    if (moved) return moved;
    const known = await this.#known(promotion, pull);
    const judged = known ?? (await this.#ownVerdict(promotion));
    if (gate.kind === 'workflow') return this.#awaitMerge(promotion, pull, judged, newer);
    await this.#show(promotion, pull);
    const outcome = await mergeOnVerdict(this.#ports, pull, judged);
    switch (outcome.kind) {
      case 'merged':
        return [await mergedFact(forge.git, promotion, pull, outcome.commit)];
      case 'moved':
        return []; // the next look decides
      case 'void':
        this.#ports.say(`main has moved (${outcome.reasons.join(', ')}): judging again`);
        return this.#rebase(promotion, pull);
      case 'unapproved':
        return newer ? this.#reject(promotion, 'superseded', supersededBy(newer)) : 'unapproved';
      case 'refused':
        return this.#reject(promotion, 'abandoned', [{ code: 'merge-not-allowed', message: outcome.message }]);
    }
  }

  /** The verdict that the log knows; the process that had it signed may have died before it was attached. */
  async #ownVerdict({ judged }: Promotion): Promise<SignedVerdict> {
    const { artifacts, trusted, clock } = this.#ports;
    const bytes = await artifacts.get(judged?.verdict as string);
    const { verdict, digest } = openVerdict(bytes, trusted, clock());
    return { verdict, digest, bytes };
  }

  /** The workflow that judged merges, too; it may have been stopped in between, or wait for people. */
  async #awaitMerge(
    promotion: Promotion,
    pull: PullRequest,
    { verdict }: SignedVerdict,
    newer: Promotion | null,
  ): Promise<Outcome> {
    const { forge, clock, gate } = this.#ports;
    const base = await forge.sync();
    const main = new RegistryAt(forge.git, base);
    if ((await misfits(verdict, main)).length > 0) return this.#rebase(promotion, pull);
    const waits = (await main.policy()).value.merge === 'after-approval';
    const approved = !waits || (await forge.approvals(pull.number, pull.head)).length > 0;
    if (!approved) return newer ? this.#reject(promotion, 'superseded', supersededBy(newer)) : 'unapproved';
    const key = `merge ${pull.head}`;
    const now = clock().getTime();
    const last = this.#asked.get(key) ?? now;
    this.#asked.set(key, last);
    if (gate.kind === 'workflow' && now - last >= gate.askMs) {
      await forge.requestGate({ number: pull.number, head: pull.head });
      this.#asked.set(key, now);
    }
    return 'waiting';
  }

  /** What has happened to the pull request behind our back, as facts; null if it is as we left it. */
  async #moved(promotion: Promotion, pull: PullRequest, newer: Promotion | null): Promise<readonly Fact[] | null> {
    const { git } = this.#ports.forge;
    if (pull.state === 'merged' && pull.mergeCommit && promotion.judged?.result === 'pass')
      return [await mergedFact(git, promotion, pull, pull.mergeCommit)];
    if (pull.state === 'closed' && newer) return this.#reject(promotion, 'superseded', supersededBy(newer));
    if (pull.state !== 'open')
      return this.#reject(promotion, 'closed', [
        { code: 'pull-request-closed', message: `pull request ${pull.number} is ${pull.state}, and not by us` },
      ]);
    if (pull.head === promotion.pullRequest?.head) return null;
    const bound = promotion.judged?.bound;
    if (bound && (await bringsSame(git, { bound }, pull.head))) return null; // put on top of main, nothing else
    return [await this.#rebasedFact(promotion, pull.head)];
  }

  async #rebase(promotion: Promotion, pull: PullRequest): Promise<readonly Fact[]> {
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
    cause: (Fact & { type: 'PromotionRejected' })['data']['cause'],
    reasons: readonly Reason[],
  ): Promise<readonly Fact[]> {
    const { forge, artifacts, gate } = this.#ports;
    const pull = promotion.pullRequest && (await forge.pullRequest(promotion.pullRequest.number));
    if (pull?.state === 'open' && gate.kind === 'here') {
      if (promotion.judged?.verdict && promotion.judged.head === pull.head)
        await forge.attachVerdict(pull.head, await artifacts.get(promotion.judged.verdict));
      await this.#show(promotion, pull, cause === 'gate-error' ? 'error' : 'failure');
    }
    if (pull?.state === 'open') {
      if (cause === 'superseded') await this.#saySuperseded(pull, reasons);
      const closed = await forge.closePullRequest(pull.number);
      if (closed.state === 'merged') return []; // somebody merged it first: the next look records that
      await forge.deleteBranch(pull.branch);
    }
    const version = promotion.class === 'promotion' ? promotion.candidate.version : null;
    const number = pull?.number ?? null;
    return [
      {
        type: 'PromotionRejected',
        data: { promotionId: promotion.id, version, cause, reasons: [...reasons], number },
      },
    ];
  }

  async #saySuperseded(pull: PullRequest, reasons: readonly Reason[]): Promise<void> {
    const { forge } = this.#ports;
    const body = reasons.map((r) => r.message).join('\n');
    await forge.comment(pull.number, { marker: 'pawl-superseded', body });
    await forge.updatePullRequest(pull.number, { labels: [...new Set([...pull.labels, 'superseded'])] });
  }

  async #show(promotion: Promotion, pull: PullRequest, state?: 'failure' | 'error'): Promise<void> {
    const { forge } = this.#ports;
    const facts = await reportFacts(this.#ports, promotion, await forge.sync());
    await showJudgement(forge, pull, facts);
    if (!state) return;
    const why = promotion.judged?.reasons.map((r) => r.message).join('; ') ?? 'not judged';
    await forge.setStatus(pull.head, { context: GATE_CONTEXT, state, description: why.slice(0, 140) });
  }
}

const numberOf = (promotion: Promotion): number => promotion.pullRequest?.number as number;

const supersededBy = (newer: Promotion): Reason[] => {
  const where = newer.pullRequest ? `pull request #${newer.pullRequest.number}` : `promotion ${newer.id}`;
  return [{ code: 'superseded', message: `Superseded by ${where}, which proposes v${newer.candidate.version}.` }];
};

async function commitAt(git: Git, oid: ObjectId): Promise<Commit | null> {
  return (await git.commitId(oid)) ? ((await git.firstParents(oid, { max: 1 }))[0] ?? null) : null;
}

function judgedHeadOfMerge(commit: Commit | null): ObjectId | null {
  try {
    return commit && parseMergeMessage(commit.message).head;
  } catch (error) {
    if (error instanceof NoMergeFactsError) return null;
    throw error;
  }
}
