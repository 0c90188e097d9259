import { type Evaluated, measuredBy } from '../../registry-repo/gate/evaluated.ts';
import type { GateAnswer, GateRequest } from '../../registry-repo/gate/gate.ts';
import { couldNotJudge } from '../../registry-repo/gate/whose-fault.ts';
import type { Identity } from '../../registry-repo/git-commit.ts';
import type { Key } from '../../registry-repo/policy.ts';
import { reasonOf } from '../../registry-repo/proposal-message.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import { verdictData } from './judged.ts';
import { AGAIN, COULD_NOT, GATE_CONTEXT, type MergeOutcome, mergeOnVerdict } from './merge.ts';
import { reportFactsAt } from './merged.ts';
import { findJudged, type SignedVerdict } from './pass.ts';
import { showJudgement } from './show.ts';

export type PublishPorts = {
  readonly forge: Forge;
  readonly by: Identity;
  /** The gate keys that this machine trusts; its own among them. */
  readonly trusted: readonly Key[];
  readonly now: () => Date;
  /** Judges with this gate's key and the measurements of an evaluation. */
  readonly judge: (
    question: Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason' | 'measure'>,
  ) => Promise<GateAnswer>;
  /** Writes a remark to the log. */
  readonly say: (line: string) => void;
};

export type PublishRequest = {
  readonly number: number;
  /** The commit to judge. If the pull request has moved on, there is nothing to do. */
  readonly head: ObjectId;
  /** The result of the evaluation, which ran without rights; null if it gave none; `here`: this process measures. */
  readonly evaluated: Evaluated | 'here' | null;
};

export type Published =
  | { readonly outcome: 'merged'; readonly commit: ObjectId }
  | { readonly outcome: 'waiting'; readonly detail: string }
  | { readonly outcome: 'refused' | 'error' | 'void'; readonly detail: string }
  /** The gate itself failed: that says nothing about the candidate. */
  | { readonly outcome: 'unjudged'; readonly detail: string }
  /** Nothing to do: the pull request is at another commit, or closed. */
  | { readonly outcome: 'passed-over'; readonly detail: string };

/** How often a moving main is followed. After that the next request continues. */
const MAX_MERGE_TRIES = 20;

/**
 * The second half of a gate in a registry's own workflow, or all of a gate that watches: it judges, from the
 * evaluation's measurements or its own, signs,
 * stores the verdict with the commit, shows it, and merges. It holds the keys and never loads a model. It may be
 * stopped anywhere and repeated: a commit with a verdict is not judged again.
 */
export async function publish(ports: PublishPorts, request: PublishRequest): Promise<Published> {
  const { forge } = ports;
  const pull = await forge.pullRequest(request.number);
  if (pull.state === 'merged' && pull.mergeCommit) return { outcome: 'merged', commit: pull.mergeCommit };
  if (pull.state !== 'open') return passedOver(`pull request ${pull.number} is ${pull.state}`);
  const base = await forge.sync();
  if (pull.fork) return refuse(ports, pull, 'failure', 'forks cannot promote: push the branch to the registry itself');
  const known = await heldJudged(ports, pull, base);
  if (!known && pull.head !== request.head)
    return passedOver(`pull request ${pull.number} is at ${pull.head} by now: that commit is judged on its own`);
  const judged = known ?? (await judgeAgain(ports, pull, base, request));
  if (!('verdict' in judged)) return judged;
  await show(ports, pull, judged, base);
  if (judged.verdict.result === 'fail') {
    await forge.attachVerdict(judged.verdict.bound.head, judged.bytes);
    return refuse(ports, pull, 'failure', summary(judged));
  }
  return merge(ports, pull.number, judged);
}

/** A verdict that this commit has already and that still holds. */
async function heldJudged(
  { forge, trusted: keys, now }: PublishPorts,
  pull: PullRequest,
  base: ObjectId,
): Promise<SignedVerdict | null> {
  const found = await findJudged(forge.git, pull.head, { keys, now: now() });
  if (found?.verdict.pullRequest !== pull.number) return null;
  return (await misfits(found, new RegistryAt(forge.git, base))).length === 0 ? found : null;
}

async function judgeAgain(
  ports: PublishPorts,
  pull: PullRequest,
  base: ObjectId,
  { evaluated }: PublishRequest,
): Promise<SignedVerdict | Published> {
  const { forge, judge, trusted, now } = ports;
  const { head, number: pullRequest } = pull;
  const reason = reasonOf((await forge.git.commit(head)).message);
  const measured = evaluated === 'here' ? {} : { measure: measuredBy(evaluated, { head, pullRequest }) };
  const { judgement, verdict: bytes } = await judge({ head, base, pullRequest, reason, ...measured });
  const detail = judgement.reasons.map((r) => r.message).join('; ');
  if (bytes) return { ...openVerdict(bytes, trusted, now()), bytes };
  if (judgement.reasons.some((r) => r.code === 'config-change')) return configChange(ports, pull);
  if (judgement.result === 'stale') {
    await status(ports, pull, 'pending', `${AGAIN}, do not merge by hand before: ${detail}`);
    return { outcome: 'void', detail };
  }
  if (couldNotJudge(judgement)) {
    // With the time, so that the process that asked again can tell this answer from the one before.
    await status(ports, pull, 'error', `${COULD_NOT} at ${now().toISOString()}: ${detail}`);
    return { outcome: 'unjudged', detail };
  }
  return refuse(ports, pull, judgement.result === 'fail' ? 'failure' : 'error', detail);
}

/**
 * A change of the rules is for people. They merge it, and the forge requires the gate's status for that. The status
 * says that a person other than its author has approved this very commit.
 */
async function configChange(ports: PublishPorts, pull: PullRequest): Promise<Published> {
  const approved = (await ports.forge.approvals(pull.number, pull.head)).length > 0;
  const detail = approved
    ? 'a change of rules, approved: for a person to merge'
    : 'a change of rules: waits for approval';
  await status(ports, pull, approved ? 'success' : 'pending', detail);
  return { outcome: 'waiting', detail };
}

/** The text is for people: an error in it is reported and stops nothing. */
async function show(
  { forge, say }: PublishPorts,
  pull: PullRequest,
  judged: SignedVerdict,
  base: ObjectId,
): Promise<void> {
  const { verdict } = judged;
  const { class: kind, model, promotion: id, reason, bound } = verdict;
  const { candidate, baseline } = bound;
  try {
    const data = await verdictData(forge.git, judged);
    const subject = { id, class: kind, model, candidate, baseline, reason, judged: data };
    await showJudgement(forge, pull, await reportFactsAt(forge, subject, { base, head: bound.head }));
  } catch (error) {
    say(`the text of pull request ${pull.number} could not be brought up to date: ${(error as Error).message}`);
  }
}

async function merge(ports: PublishPorts, number: number, judged: SignedVerdict): Promise<Published> {
  for (let tries = 1; ; tries++) {
    const pull = await ports.forge.pullRequest(number);
    if (pull.state === 'merged' && pull.mergeCommit) return { outcome: 'merged', commit: pull.mergeCommit };
    if (pull.state !== 'open') return passedOver(`pull request ${number} was ${pull.state} meanwhile`);
    const still = await heldOrSame(ports, pull, judged);
    if (!still) return passedOver(`pull request ${number} is at ${pull.head} by now: that commit is judged on its own`);
    const outcome: MergeOutcome = await mergeOnVerdict(ports, pull, judged);
    switch (outcome.kind) {
      case 'merged':
        return { outcome: 'merged', commit: outcome.commit };
      case 'unapproved':
        return { outcome: 'waiting', detail: 'passed; a person must approve exactly this commit' };
      case 'void':
        await status(ports, pull, 'pending', `${AGAIN}, do not merge by hand before: ${outcome.reasons.join(', ')}`);
        return { outcome: 'void', detail: outcome.reasons.join(', ') };
      case 'refused':
        return refuse(ports, pull, 'error', outcome.message);
      case 'moved':
        if (tries === MAX_MERGE_TRIES) return { outcome: 'void', detail: 'main moves faster than this can follow' };
    }
  }
}

/** Whether the pull request is still at what was judged, or at the same changes on top of main. */
async function heldOrSame({ forge, trusted: keys, now }: PublishPorts, pull: PullRequest, judged: SignedVerdict) {
  if (pull.head === judged.verdict.bound.head) return true;
  await forge.sync();
  const found = await findJudged(forge.git, pull.head, { keys, now: now() });
  return found?.digest === judged.digest;
}

const summary = ({ verdict }: SignedVerdict): string => verdict.findings.map((f) => f.message).join('; ');

const passedOver = (detail: string): Published => ({ outcome: 'passed-over', detail });

async function refuse(
  ports: PublishPorts,
  pull: PullRequest,
  state: 'failure' | 'error',
  detail: string,
): Promise<Published> {
  await status(ports, pull, state, detail);
  return { outcome: state === 'failure' ? 'refused' : 'error', detail };
}

const status = (
  { forge }: PublishPorts,
  pull: PullRequest,
  state: 'pending' | 'failure' | 'error' | 'success',
  detail: string,
): Promise<void> => forge.setStatus(pull.head, { context: GATE_CONTEXT, state, description: detail.slice(0, 140) });
