import { mayPush } from './identity.ts';
import type { Actor, Pull, Repo, Rule, Ruleset } from './state.ts';
import type { World } from './world.ts';

const matches = (repo: Repo, pattern: string, ref: string): boolean => {
  if (pattern === '~ALL') return true;
  if (pattern === '~DEFAULT_BRANCH') return ref === `refs/heads/${repo.defaultBranch}`;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*/g, '\u0000')
    .replace(/\*/g, '[^/]*');
  return new RegExp(`^${source.replaceAll('\u0000', '.*')}$`).test(ref);
};

const applies = (repo: Repo, { target, enforcement, conditions }: Ruleset, ref: string): boolean => {
  const { include = [], exclude = [] } = conditions.ref_name ?? {};
  return (
    target === 'branch' &&
    enforcement === 'active' &&
    include.some((p) => matches(repo, p, ref)) &&
    !exclude.some((p) => matches(repo, p, ref))
  );
};

const bypasses = ({ bypass_actors }: Ruleset, actor: Actor): boolean =>
  bypass_actors.some((b) => b.actor_type === 'Integration' && b.actor_id === actor.appId);

/** Rules that hold for this actor on a full ref. */
export const rulesOn = (repo: Repo, ref: string, actor: Actor | null): Rule[] =>
  repo.rulesets.filter((r) => applies(repo, r, ref) && !(actor && bypasses(r, actor))).flatMap((r) => r.rules);

type Check = { readonly context: string; readonly integration_id?: number };

/** Required statuses that a commit has not, in GitHub's words. Only the App that a check is bound to can satisfy it. */
export function missingStatuses(repo: Repo, rules: readonly Rule[], sha: string): string[] {
  const checks = rules
    .filter((r) => r.type === 'required_status_checks')
    .flatMap((r) => (r.parameters?.required_status_checks ?? []) as Check[]);
  return checks
    .filter(({ context, integration_id: app }) => {
      const latest = repo.statuses.findLast(
        (s) =>
          s.sha === sha && s.context.toLowerCase() === context.toLowerCase() && (app === undefined || s.appId === app),
      );
      return latest?.state !== 'success';
    })
    .map(({ context }) => `Required status check "${context}" is expected.`);
}

export const isStrict = (rules: readonly Rule[]): boolean =>
  rules.some((r) => r.type === 'required_status_checks' && r.parameters?.strict_required_status_checks_policy === true);

/** People with write access whose last word approves; an approval of an earlier commit counts unless the rules dismiss it. */
export function approvalsOf(world: World, repo: Repo, pull: Pull): number {
  const last = new Map<number, Pull['reviews'][number]>();
  for (const review of pull.reviews)
    if (review.state !== 'COMMENTED' && review.state !== 'PENDING') last.set(review.user.id, review);
  return [...last.values()].filter((r) => r.state === 'APPROVED' && mayPush(world, r.user, repo)).length;
}

export const requiredApprovals = (rules: readonly Rule[]): number =>
  Math.max(
    0,
    ...rules
      .filter((r) => r.type === 'pull_request')
      .map((r) => Number(r.parameters?.required_approving_review_count ?? 0)),
  );

/** A push voids what was said of the commit before. */
export function dismissStale(repo: Repo, pull: Pull): void {
  const rules = rulesOn(repo, `refs/heads/${pull.baseRef}`, null);
  if (!rules.some((r) => r.type === 'pull_request' && r.parameters?.dismiss_stale_reviews_on_push === true)) return;
  for (const review of pull.reviews) if (review.state === 'APPROVED') review.state = 'DISMISSED';
}
