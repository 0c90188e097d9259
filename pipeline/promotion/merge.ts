import type { Identity } from '../../registry-repo/git-commit.ts';
import { printMergeMessage } from '../../registry-repo/merge-message.ts';
import { printProposalMessage } from '../../registry-repo/proposal-message.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import type { Verdict } from '../../registry-repo/verdict/verdict.ts';
import { MergeRefusedError } from '../forge/errors.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import type { SignedVerdict } from './pass.ts';
import { promotionTitle } from './title.ts';

export const GATE_CONTEXT = 'pawl/gate';
/** A gate’s status while it judges. */
export const JUDGING = 'judging: do not merge by hand before it has passed';
/** How a gate’s status begins if main moved before its verdict could be used. */
export const AGAIN = 'to be judged again';
/** How a gate’s status begins if it could not judge, and not because of the candidate. */
export const COULD_NOT = 'could not judge';

export type MergeOutcome =
  | { readonly kind: 'merged'; readonly commit: ObjectId }
  /** Something moved meanwhile, or was moved by this step: decide again. */
  | { readonly kind: 'moved' }
  /** The verdict no longer holds on main. */
  | { readonly kind: 'void'; readonly reasons: readonly string[] }
  /** The policy, or the forge, waits for people. */
  | { readonly kind: 'unapproved' }
  | { readonly kind: 'refused'; readonly message: string };

type Ports = { readonly forge: Forge; readonly by: Identity };

/**
 * Merges what a passing verdict allows, if it still does: main must equal main as it was judged against in everything
 * that the verdict is bound to, and the pull request must be at the commit that was judged, or at one with the same
 * changes. If the forge merges only what is on top of main, the branch is put there; the verdict stays valid, because
 * it is about the changes.
 */
export async function mergeOnVerdict(
  { forge, by }: Ports,
  pull: PullRequest,
  judged: SignedVerdict,
): Promise<MergeOutcome> {
  const { verdict, digest, bytes } = judged;
  const base = await forge.sync();
  const main = new RegistryAt(forge.git, base);
  const voided = await misfits(judged, main);
  if (voided.length > 0)
    return (await stillOpen(forge, pull)) ? { kind: 'void', reasons: voided.map((f) => f.code) } : { kind: 'moved' };
  await forge.attachVerdict(verdict.bound.head, bytes);
  const waits = (await main.policy()).value.merge === 'after-approval';
  const approved = !waits || (await forge.approvals(pull.number, pull.head)).length > 0;
  const description = approved ? summary(verdict) : `passed, waits for approval: ${summary(verdict)}`;
  await forge.setStatus(pull.head, { context: GATE_CONTEXT, state: 'success', description: description.slice(0, 140) });
  if (!approved) return { kind: 'unapproved' };
  const { head, number } = pull;
  const run = await runOf(forge, verdict);
  const message = mergeMessage(verdict, digest, run);
  try {
    return { kind: 'merged', commit: (await forge.merge({ number, head, base, message })).commit };
  } catch (error) {
    if (!(error instanceof MergeRefusedError)) throw error;
    return afterRefusal({ forge, by }, { pull, verdict, base, error });
  }
}

/**
 * Whether a pull request is open, read after main. One that was read before main may have been merged in between: then
 * its own merge is what moved main and no longer fits its verdict.
 */
export const stillOpen = async (forge: Forge, { number }: PullRequest): Promise<boolean> =>
  (await forge.pullRequest(number)).state === 'open';

async function afterRefusal(
  ports: Ports,
  { pull, verdict, base, error }: { pull: PullRequest; verdict: Verdict; base: ObjectId; error: MergeRefusedError },
): Promise<MergeOutcome> {
  switch (error.refusal) {
    case 'behind': {
      const head = await onTopOf(ports, verdict, base);
      if (head === pull.head) return { kind: 'refused', message: error.message };
      await ports.forge.pushBranch(pull.branch, head, pull.head);
      return { kind: 'moved' };
    }
    case 'conflict':
      return { kind: 'void', reasons: ['changes-collide'] };
    case 'not-approved':
      return { kind: 'unapproved' };
    case 'not-allowed':
      return { kind: 'refused', message: error.message };
    default:
      return { kind: 'moved' };
  }
}

/** The judged changes on another commit of main. The same verdict and base give the same commit. */
async function onTopOf(
  { forge: { git }, by }: Ports,
  { bound, ...verdict }: Verdict,
  base: ObjectId,
): Promise<ObjectId> {
  const files = new Map<string, ObjectId>();
  for (const { path } of bound.changes) files.set(path, (await git.entry(bound.head, path))?.oid as ObjectId);
  const title = await git.text(['log', '-1', '--format=%s', bound.head]);
  const { promotion, reason } = verdict;
  const message = printProposalMessage(title, { promotion, reason, judgedHead: bound.head });
  const tree = await git.writeTree(base, files);
  return git.writeCommit({ tree, parents: [base], message, by, time: new Date(verdict.judgedAt) });
}

const summary = ({ findings }: Verdict): string => findings.map((f) => f.message).join('; ');

async function runOf({ git }: Forge, { bound, model }: Verdict): Promise<string | null> {
  const { version } = bound.candidate;
  return (await new RegistryAt(git, bound.head).manifest(model, version)).value.run.id;
}

/** The message of the commit on main: text for people, then the trailers that lead to the verdict. */
function mergeMessage(verdict: Verdict, digest: string, run: string | null): string {
  const { class: kind, model, bound, promotion, pullRequest, reason } = verdict;
  const [from, to] = [bound.baseline?.version ?? null, bound.candidate.version];
  const title = promotionTitle({ class: kind, model, from, to });
  const text = [reason ?? '', ...verdict.findings.map((f) => f.message)].filter(Boolean).join('\n');
  return printMergeMessage(title, text, {
    class: kind,
    model,
    version: bound.candidate.version,
    promotion,
    pullRequest,
    head: bound.head,
    candidate: bound.candidate.manifest,
    baseline: bound.baseline?.manifest ?? null,
    run,
    verdict: digest,
  });
}
