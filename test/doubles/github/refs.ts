import { mayWriteWorkflows } from './identity.ts';
import { pushProblems, rulesOf } from './rules.ts';
import { pullShape, repoShape, userShape } from './shapes.ts';
import type { Actor, Pull, Repo } from './state.ts';
import type { World } from './world.ts';

/** A ref that moves; null is a missing ref. */
export type Update = { readonly ref: string; readonly from: string | null; readonly to: string | null };

/** Why a ref may not be pushed: git's one-line reason, and GitHub's sentences for `remote:`. */
export type PushRefusal = { readonly reason: string; readonly remarks: readonly string[] };

const ZERO = '0'.repeat(40);

/** Why a push of one ref is refused, or null. Its objects are in the repository by then. */
export async function pushRefusal(world: World, repo: Repo, actor: Actor, update: Update): Promise<PushRefusal | null> {
  if (update.ref.startsWith('refs/pull/')) return { reason: 'deny updating a hidden ref', remarks: [] };
  const workflow = await forbiddenWorkflow(repo, update, actor);
  if (workflow) return { reason: workflowRefusal(workflow, actor), remarks: [] };
  const other = await world.options.pushRule?.(repo, actor, update);
  if (other) return { reason: 'pre-receive hook declined', remarks: [`Gitea: ${other}`] };
  const problems = await pushProblems(world, repo, actor, update);
  if (problems.length === 0) return null;
  const remarks = [
    `error: GH013: Repository rule violations found for ${update.ref}.`,
    `Review all repository rules at ${world.webUrl}/${repo.fullName}/rules?ref=${encodeURIComponent(update.ref)}`,
    '',
    ...problems.flatMap((p) => [`- ${p}`, '']),
  ];
  return { reason: 'push declined due to repository rule violations', remarks };
}

/** A workflow file that an update would write although this token may not, or null. */
export async function forbiddenWorkflow(repo: Repo, update: Update, actor: Actor): Promise<string | null> {
  if (update.to === null || mayWriteWorkflows(actor) || !/^refs\/(?:heads|tags)\//.test(update.ref)) return null;
  const main = await repo.git.resolve(`refs/heads/${repo.defaultBranch}`);
  const [fork] = main ? await repo.git.mergeBases(main, update.to) : [];
  const known = [update.from, fork, main].find((c) => typeof c === 'string');
  const paths = known
    ? (await repo.git.changes(known, update.to)).map((c) => c.path)
    : (await repo.git.text(['ls-tree', '-r', '--name-only', update.to])).split('\n');
  const files = paths.filter((p) => p.startsWith('.github/workflows/'));
  for (const path of files) {
    const [now, before] = [await repo.git.entry(update.to, path), main ? await repo.git.entry(main, path) : null];
    if (now && now.oid !== before?.oid) return path; // what main has already is allowed
  }
  return null;
}

export const workflowRefusal = (path: string, actor: Actor): string =>
  actor.kind === 'classic' || actor.kind === 'fine-grained'
    ? `refusing to allow a Personal Access Token to create or update workflow \`${path}\` without \`workflow\` scope`
    : `refusing to allow a GitHub App to create or update workflow \`${path}\` without \`workflows\` permission`;

/** Sets the ref that keeps a pull request's head, fetched from a fork if need be. */
export async function keepHead(repo: Repo, pull: Pull): Promise<void> {
  const remote = pull.headRepo.git.gitDir;
  if (pull.headRepo !== repo) await repo.git.run(['fetch', '--quiet', remote, pull.head], { remote });
  await repo.git.run(['update-ref', `refs/pull/${pull.number}/head`, pull.head]);
}

/** The consequences of moved refs, however they moved: pull requests follow their branch, and webhooks are sent. */
export async function moved(world: World, repo: Repo, actor: Actor, updates: readonly Update[]): Promise<void> {
  for (const update of updates) {
    const branch = /^refs\/heads\/(.+)$/.exec(update.ref)?.[1];
    if (branch !== undefined) {
      for (const holder of world.repos.values())
        for (const pull of holder.pulls)
          if (pull.state === 'open' && pull.headRepo === repo && pull.headRef === branch)
            await headMoved(world, holder, pull, update.to, actor);
      for (const pull of repo.pulls)
        if (pull.state === 'open' && pull.baseRef === branch) await baseMoved(world, repo, pull, update, actor);
    }
    if (branch !== undefined || update.ref.startsWith('refs/tags/')) await tellPush(world, repo, update, actor);
  }
}

async function headMoved(world: World, repo: Repo, pull: Pull, to: string | null, actor: Actor): Promise<void> {
  if (to === null) return close(world, repo, pull, actor);
  const before = pull.head;
  pull.head = to;
  pull.updatedAt = world.time();
  pull.lastPusher = actor.account ?? pull.user;
  await keepHead(repo, pull);
  pull.base = (await repo.git.resolve(`refs/heads/${pull.baseRef}`)) ?? pull.base;
  const dismisses = rulesOf(repo, `refs/heads/${pull.baseRef}`).some(
    (r) => r.type === 'pull_request' && r.parameters?.dismiss_stale_reviews_on_push === true,
  );
  if (dismisses) for (const review of pull.reviews) if (review.state === 'APPROVED') review.state = 'DISMISSED';
  tellPull(world, repo, pull, 'synchronize', actor, { before, after: to });
}

/** A pull request whose head has reached its base in another way counts as merged. */
async function baseMoved(world: World, repo: Repo, pull: Pull, { from, to }: Update, actor: Actor): Promise<void> {
  if (!to || !(await repo.git.isAncestor(pull.head, to))) return;
  if (from && (await repo.git.isAncestor(pull.head, from))) return;
  markMerged(world, repo, pull, to, actor);
}

export function close(world: World, repo: Repo, pull: Pull, actor: Actor): void {
  pull.state = 'closed';
  pull.closedAt = pull.updatedAt = world.time();
  tellPull(world, repo, pull, 'closed', actor);
}

export function markMerged(world: World, repo: Repo, pull: Pull, commit: string, actor: Actor): void {
  pull.mergeCommit = commit;
  pull.mergedAt = world.time();
  pull.mergedBy = actor.account;
  close(world, repo, pull, actor);
}

/** Members of every event. */
export const common = (world: World, repo: Repo, actor: Actor): Record<string, unknown> => ({
  repository: repoShape(world, repo),
  ...(actor.account && { sender: userShape(world, actor.account) }),
});

export function tellPull(world: World, repo: Repo, pull: Pull, action: string, actor: Actor, more: object = {}): void {
  const about = { action, number: pull.number, pull_request: pullShape(world, repo, pull) };
  world.emit(repo, 'pull_request', { ...about, ...common(world, repo, actor), ...more }, actor);
}

async function tellPush(world: World, repo: Repo, { ref, from, to }: Update, actor: Actor): Promise<void> {
  const payload = {
    ref,
    before: from ?? ZERO,
    after: to ?? ZERO,
    created: from === null,
    deleted: to === null,
    forced: from !== null && to !== null && !(await repo.git.isAncestor(from, to)),
    commits: [],
    head_commit: to ? { id: to } : null,
    pusher: { name: actor.account?.login ?? '' },
    ...common(world, repo, actor),
  };
  world.emit(repo, 'push', payload, actor);
}
