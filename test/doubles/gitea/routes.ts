import { type Answer, created, noContent, notFound, ok, Refusal } from '../github/answers.ts';
import { roleOf } from '../github/identity.ts';
import { mergedTree } from '../github/mergeable.ts';
import { close, keepHead, markMerged } from '../github/refs.ts';
import type { Context as GitHubContext } from '../github/route.ts';
import type { Account, Pull, Repo, Review } from '../github/state.ts';
import type { OperationId } from './operations.ts';
import { addProtection, mayMerge, mergeProblem, protectionsOf } from './protection.ts';
import { commentShape, labelShape, pullShape, repoShape, reviewShape, statusShape, userShape } from './shapes.ts';

export type Context = Omit<GitHubContext, 'headers' | 'bytes'>;
export type Routes = Record<OperationId, (context: Context) => Promise<Answer> | Answer>;

/** A page as Gitea cuts it: 50 at most, whatever is requested. */
function page({ url, query }: Context, items: readonly unknown[], within?: string): Answer {
  const size = Math.min(50, Math.max(1, Number(query.limit ?? 30)));
  const number = Math.max(1, Number(query.page ?? 1));
  const part = items.slice((number - 1) * size, number * size);
  const more = number * size < items.length;
  const link = `<${url}?${new URLSearchParams({ ...query, page: String(number + 1) })}>; rel="next"`;
  const body = within === undefined ? part : { total_count: items.length, [within]: part };
  return ok(body, { 'x-total-count': String(items.length), ...(more && { link }) });
}

function pullOf({ repo, values }: Context): Pull {
  const pull = repo.pulls.find((p) => p.number === Number(values.index));
  if (!pull) throw notFound();
  return pull;
}

/** A repository without a push has no pull requests yet. */
async function requireFilled({ repo }: Context): Promise<void> {
  if (!(await repo.git.resolve(`refs/heads/${repo.defaultBranch}`))) throw notFound();
}

const me = ({ actor }: Context): Account => {
  if (!actor.account) throw new Refusal(401, 'token is required');
  return actor.account;
};

async function createRepo(c: Context, owner: Account): Promise<Answer> {
  const { name, private: hidden = false } = c.body;
  if (c.world.repo(`${owner.login}/${name}`))
    throw new Refusal(409, 'The repository with the same name already exists.');
  const repo = await c.world.createRepo({ owner, name, private: hidden });
  return created(await repoShape(c.world, repo, c.actor));
}

const createPull = (c: Context): Promise<Answer> =>
  c.repo.lock.run(async () => {
    const { world, actor, repo, body } = c;
    await requireFilled(c);
    const head = await repo.git.resolve(`refs/heads/${body.head}`);
    const base = await repo.git.resolve(`refs/heads/${body.base}`);
    if (!head || !base) throw notFound();
    const known = repo.pulls.find((p) => p.state === 'open' && p.headRef === body.head && p.baseRef === body.base);
    if (known)
      throw new Refusal(409, `pull request already exists for these targets [id: ${known.id}, issue_id: ${known.id}]`);
    const now = world.time();
    const pull: Pull = {
      ...{ id: world.id(), number: repo.pulls.length + 1, user: me(c), headRepo: repo, headRef: body.head },
      ...{ createdAt: now, baseRef: body.base, title: body.title, body: body.body ?? '', draft: false, state: 'open' },
      ...{ head, base, mergedAt: null, mergedBy: null, mergeCommit: null, closedAt: null, updatedAt: now },
      ...{ lastPusher: actor.account ?? me(c), merged: null, labels: new Set(), reviews: [] },
    };
    repo.pulls.push(pull);
    await keepHead(repo, pull);
    return created(await pullShape(world, repo, pull));
  });

async function editPull(c: Context): Promise<Answer> {
  const { world, repo, body, actor } = c;
  const pull = pullOf(c);
  if (pull.mergedAt !== null && body.state !== undefined)
    throw new Refusal(412, 'cannot change state of this pull request, it was already merged');
  if (body.title) pull.title = body.title;
  if (body.body !== undefined && body.body !== null) pull.body = body.body;
  if (body.state === 'closed' && pull.state === 'open') close(world, repo, pull, actor);
  pull.updatedAt = world.time();
  return created(await pullShape(world, repo, pull));
}

const mergePull = (c: Context): Promise<Answer> =>
  c.repo.lock.run(async () => {
    const { world, repo, body, actor } = c;
    const [pull, by] = [pullOf(c), me(c)];
    const style = body.do ?? body.Do;
    if (pull.mergedAt !== null) throw new Refusal(405, 'The PR is already merged');
    if (pull.state === 'closed') throw notFound();
    if (!mayMerge(repo, by, pull.baseRef)) throw new Refusal(405, 'User not allowed to merge PR');
    if (style === 'manually-merged') {
      const commit = body.merge_commit_id ?? body.MergeCommitID ?? '';
      if (repo.settings.allow_manual_merge !== true)
        throw new Refusal(405, 'manually-merged is not allowed an allowed merge style for this repository');
      const tip = await repo.git.resolve(`refs/heads/${pull.baseRef}`);
      if (!tip || !(await repo.git.commitId(commit)) || !(await repo.git.isAncestor(commit, tip)))
        throw new Refusal(409, 'Wrong commit ID');
      markMerged(world, repo, pull, commit, actor);
      return { status: 200 };
    }
    await press(c, pull, by);
    return { status: 200 };
  });

/** Gitea's own buttons. A branch that is on top of main is rebased without a new commit, as Gitea does it. */
async function press({ world, repo, body, actor }: Context, pull: Pull, by: Account): Promise<void> {
  const style = body.do ?? body.Do;
  if (!['merge', 'squash', 'rebase'].includes(style)) throw new Refusal(501, 'this merge style is not played');
  const base = (await repo.git.resolve(`refs/heads/${pull.baseRef}`)) ?? '';
  const problem = mergeProblem(repo, pull, !(await repo.git.isAncestor(base, pull.head)));
  if (problem) throw new Refusal(405, `pull request is not ready to be merged: ${problem}`);
  if (body.head_commit_id && body.head_commit_id !== pull.head) throw new Refusal(409, 'head out of date');
  const tree = await mergedTree(repo, base, pull.head);
  if (!tree) throw new Refusal(409, 'merge conflict');
  const message =
    body.merge_title_field ?? (style === 'merge' ? `Merge pull request '${pull.title}' (#${pull.number})` : pull.title);
  const author = { name: by.login, email: `${by.login}@example.org` };
  const parents = style === 'merge' ? [base, pull.head] : [base];
  const commit =
    style === 'rebase' && (await repo.git.isAncestor(base, pull.head))
      ? pull.head
      : await repo.git.writeCommit({ tree, parents, message, by: author, time: world.now() });
  await repo.git.updateRefs([{ ref: `refs/heads/${pull.baseRef}`, to: commit, from: base }]);
  markMerged(world, repo, pull, commit, actor);
}

const EVENTS: Readonly<Record<string, Review['state']>> = {
  APPROVED: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

function review(c: Context): Answer {
  const { world, repo, body } = c;
  const [pull, user] = [pullOf(c), me(c)];
  const state = EVENTS[body.event] ?? 'PENDING';
  if (user.id === pull.user.id && (state === 'APPROVED' || state === 'CHANGES_REQUESTED'))
    throw new Refusal(422, `${state === 'APPROVED' ? 'approve' : 'reject'} your own pull is not allowed`);
  const added: Review = {
    ...{ id: world.id(), user, body: body.body ?? '', commit: body.commit_id ?? pull.head },
    ...{ submittedAt: world.time(), state },
  };
  pull.reviews.push(added);
  return ok(reviewShape(world, repo, pull, added));
}

function setLabels(c: Context): Answer {
  const pull = pullOf(c);
  const wanted = (c.body.labels ?? []) as readonly (number | string)[];
  const found = wanted.map((id) => c.repo.labels.find((l) => l.id === id));
  if (found.some((l) => !l)) throw notFound(); // only later servers know names
  pull.labels.clear();
  for (const label of found) if (label) pull.labels.add(label.name);
  return ok(c.repo.labels.filter((l) => pull.labels.has(l.name)).map(labelShape));
}

async function setStatus(c: Context): Promise<Answer> {
  const { world, repo, body, values } = c;
  const sha = values.sha ?? '';
  if (!(await repo.git.commitId(sha))) throw new Refusal(500, `object does not exist [id: ${sha}, rel_path: ]`);
  const status = {
    ...{ id: world.id(), sha, state: body.state, context: body.context, description: body.description ?? '' },
    ...{ targetUrl: null, creator: me(c), appId: null, createdAt: world.time() },
  };
  repo.statuses.push(status);
  return created(statusShape(status));
}

const ruleOf = (repo: Repo, name: string | undefined) => {
  const rule = protectionsOf(repo).find((r) => r.rule_name === name);
  if (!rule) throw notFound();
  return rule;
};

function dispatch({ world, repo, values, body, actor }: Context): Answer {
  const run = { repo: repo.fullName, workflow: values.workflow_id ?? '', ref: body.ref, inputs: body.inputs ?? {} };
  world.dispatches.push({ ...run, runId: world.id(), actor: actor.account?.login ?? '' });
  return noContent;
}

export const ROUTES: Routes = {
  userGetCurrent: (c) => ok(userShape(me(c))),
  createCurrentUserRepo: (c) => createRepo(c, me(c)),
  createOrgRepo: (c) => createRepo(c, c.world.organization(c.values.org ?? '')),
  repoGet: async (c) => ok(await repoShape(c.world, c.repo, c.actor)),
  repoEdit: async (c) => {
    c.repo.settings = { ...c.repo.settings, ...c.body };
    return ok(await repoShape(c.world, c.repo, c.actor));
  },
  repoGetRepoPermissions: ({ world, repo, values }) => {
    const account = world.accounts.get((values.collaborator ?? '').toLowerCase());
    if (!account) throw notFound();
    const role = roleOf(world, account, repo);
    const permission = account.id === repo.owner.id ? 'owner' : (role ?? 'none');
    return ok({ permission, role_name: permission, user: userShape(account) });
  },
  repoAddCollaborator: ({ world, repo, values, body }) => {
    if (!world.accounts.has((values.collaborator ?? '').toLowerCase())) throw new Refusal(422, 'user does not exist');
    repo.collaborators.set((values.collaborator ?? '').toLowerCase(), body?.permission ?? 'write');
    return noContent;
  },
  repoListPullRequests: async (c) => {
    await requireFilled(c);
    const { state = 'open' } = c.query;
    const found = c.repo.pulls.filter((p) => state === 'all' || p.state === state).toReversed();
    return page(c, await Promise.all(found.map((p) => pullShape(c.world, c.repo, p))));
  },
  repoCreatePullRequest: createPull,
  repoGetPullRequest: async (c) => ok(await pullShape(c.world, c.repo, pullOf(c))),
  repoEditPullRequest: editPull,
  repoMergePullRequest: mergePull,
  repoListPullReviews: (c) =>
    page(
      c,
      pullOf(c).reviews.map((r) => reviewShape(c.world, c.repo, pullOf(c), r)),
    ),
  repoCreatePullReview: review,
  issueGetComments: (c) => ok(c.repo.comments.filter((m) => m.pull === pullOf(c).number).map(commentShape)),
  issueCreateComment: (c) => {
    const now = c.world.time();
    const times = { createdAt: now, updatedAt: now };
    const comment = { id: c.world.id(), pull: pullOf(c).number, user: me(c), body: c.body.body, ...times };
    c.repo.comments.push(comment);
    return created(commentShape(comment));
  },
  issueEditComment: (c) => {
    const comment = c.repo.comments.find((m) => m.id === Number(c.values.id));
    if (!comment) throw notFound();
    comment.body = c.body.body;
    return ok(commentShape(comment));
  },
  issueListLabels: (c) => page(c, c.repo.labels.map(labelShape)),
  issueCreateLabel: ({ world, repo, body }) => {
    const label = { id: world.id(), name: body.name, color: body.color.replace('#', ''), description: null };
    repo.labels.push(label); // nothing prevents two with the same name
    return created(labelShape(label));
  },
  issueReplaceLabels: setLabels,
  repoCreateStatus: setStatus,
  repoListStatusesByRef: (c) => page(c, c.repo.statuses.filter((s) => s.sha === c.values.ref).map(statusShape)), // all of one second, in any order
  repoListBranchProtection: (c) => ok(protectionsOf(c.repo)),
  repoCreateBranchProtection: (c) => {
    if (protectionsOf(c.repo).some((r) => r.rule_name === c.body.rule_name))
      throw new Refusal(403, 'Branch protection already exist');
    return created(addProtection(c.repo, c.body));
  },
  repoEditBranchProtection: (c) => ok(Object.assign(ruleOf(c.repo, c.values.name), c.body)),
  repoDeleteBranchProtection: (c) => {
    const all = protectionsOf(c.repo);
    all.splice(all.indexOf(ruleOf(c.repo, c.values.name)), 1);
    return noContent;
  },
  ActionsDispatchWorkflow: dispatch,
  getWorkflowRuns: (c) => page(c, [], 'workflow_runs'),
};
