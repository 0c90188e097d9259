import { checkLength, created, invalid, notFound, ok, Refusal } from '../answers.ts';
import { moved } from '../refs.ts';
import { type Context, page, type Routes } from '../route.ts';
import { approvalsOf, isStrict, missingStatuses, requiredApprovals, rulesOn } from '../rules.ts';
import type { Account, Pull, Repo } from '../state.ts';

const user = ({ id, login, type }: Account) => ({ id, login, type });
const repository = (repo: Repo) => ({
  id: repo.id,
  full_name: repo.fullName,
  name: repo.name,
  owner: user(repo.owner),
});

export function pullOf(repo: Repo, number: string | number): Pull {
  const pull = repo.pulls.find((p) => p.number === Number(number));
  if (!pull) throw notFound();
  return pull;
}

export async function shown({ world }: Pick<Context, 'world'>, repo: Repo, pull: Pull) {
  const fields = world.options.partial?.noMergeFields !== true;
  return {
    id: pull.id,
    number: pull.number,
    html_url: `${world.webUrl}/${repo.fullName}/pull/${pull.number}`,
    title: pull.title,
    body: pull.body,
    state: pull.state,
    draft: pull.draft,
    merged: pull.mergedAt !== null,
    merged_at: pull.mergedAt,
    ...(fields && {
      merge_commit_sha: pull.mergeCommit,
      mergeable: pull.state === 'open' ? null : null,
      mergeable_state: 'unknown',
    }),
    user: user(pull.user),
    labels: [...pull.labels].map((name) => ({ name })),
    head: {
      ref: pull.headRef,
      sha: pull.head,
      label: `${pull.headRepo.owner.login}:${pull.headRef}`,
      repo: repository(pull.headRepo),
    },
    base: { ref: pull.baseRef, sha: pull.base, repo: repository(repo) },
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
  };
}

const create = async (context: Context) => {
  const { world, actor, repo, body } = context;
  const [owner, ref] = body.head.includes(':') ? body.head.split(':') : [repo.owner.login, body.head];
  const headRepo =
    owner.toLowerCase() === repo.owner.login.toLowerCase()
      ? repo
      : [...world.repos.values()].find((r) => r.parent === repo && r.owner.login.toLowerCase() === owner.toLowerCase());
  const head = await headRepo?.git.resolve(`refs/heads/${ref}`);
  if (!headRepo || !head) throw invalid('PullRequest', 'head', 'invalid');
  const base = await repo.git.resolve(`refs/heads/${body.base}`);
  if (!base) throw invalid('PullRequest', 'base', 'invalid');
  if (head === base)
    throw new Refusal(422, 'Validation Failed', {
      errors: [{ resource: 'PullRequest', code: 'custom', message: `No commits between ${body.base} and ${ref}` }],
    });
  checkLength('PullRequest', 'body', body.body, 65_536);
  checkLength('PullRequest', 'title', body.title, 256);
  if (
    repo.pulls.some(
      (p) => p.state === 'open' && p.headRef === ref && p.headRepo === headRepo && p.baseRef === body.base,
    )
  )
    throw new Refusal(422, 'Validation Failed', {
      errors: [
        { resource: 'PullRequest', code: 'custom', message: `A pull request already exists for ${owner}:${ref}.` },
      ],
    });
  const pull: Pull = {
    id: world.id(),
    number: repo.pulls.length + 1,
    user: actor.account as Account,
    headRepo,
    headRef: ref,
    createdAt: world.time(),
    baseRef: body.base,
    title: body.title,
    body: body.body ?? null,
    draft: body.draft === true,
    state: 'open',
    head,
    base,
    mergedAt: null,
    mergedBy: null,
    mergeCommit: null,
    closedAt: null,
    updatedAt: world.time(),
    lastPusher: actor.account as Account,
    merged: null,
    labels: new Set(),
    reviews: [],
  };
  repo.pulls.push(pull);
  if (headRepo !== repo) await repo.git.run(['fetch', '--quiet', headRepo.git.gitDir, head]);
  await repo.git.run(['update-ref', `refs/pull/${pull.number}/head`, head]);
  const answer = await shown(context, repo, pull);
  world.emit(
    repo,
    'pull_request',
    { action: 'opened', number: pull.number, pull_request: answer, repository: repository(repo) },
    actor,
  );
  return created(answer);
};

const update = async (context: Context) => {
  const { world, actor, repo, values, body } = context;
  const pull = pullOf(repo, values.pull_number as string);
  checkLength('PullRequest', 'body', body.body, 65_536);
  checkLength('PullRequest', 'title', body.title, 256);
  if (body.title !== undefined) {
    pull.title = body.title;
    if (world.options.partial?.titleWipesBody && body.body === undefined) pull.body = '';
  }
  if (body.body !== undefined) pull.body = body.body;
  if (body.state === 'closed' && pull.state === 'open') {
    pull.state = 'closed';
    pull.closedAt = world.time();
    world.emit(
      repo,
      'pull_request',
      {
        action: 'closed',
        number: pull.number,
        pull_request: await shown(context, repo, pull),
        repository: repository(repo),
      },
      actor,
    );
  }
  pull.updatedAt = world.time();
  return ok(await shown(context, repo, pull));
};

const list = async (context: Context) => {
  const { repo, query, world } = context;
  const plain = world.options.partial?.plainLists === true;
  const state = query.state ?? 'open';
  const found = repo.pulls.filter(
    (p) =>
      (state === 'all' || p.state === state) &&
      (plain || query.head === undefined || `${p.headRepo.owner.login}:${p.headRef}` === query.head) &&
      (plain || query.base === undefined || p.baseRef === query.base),
  );
  const answers = [];
  for (const pull of found.toReversed()) answers.push(await shown(context, repo, pull));
  return page(context, answers);
};

const unmergeable = (message: string) => new Refusal(405, message);

/** Everything that keeps GitHub from merging, in its own words. */
async function checkMerge({ world, repo, actor, body }: Context, pull: Pull): Promise<{ tree: string; base: string }> {
  const { partial } = world.options;
  if (pull.state !== 'open' || pull.draft) throw unmergeable('Pull Request is not mergeable');
  if (body?.sha && body.sha !== pull.head && !partial?.mergeIgnoresSha)
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  const base = (await repo.git.resolve(`refs/heads/${pull.baseRef}`)) as string;
  const rules = partial?.mergeIgnoresRules ? [] : rulesOn(repo, `refs/heads/${pull.baseRef}`, actor);
  const wrong: string[] = missingStatuses(repo, rules, pull.head);
  const needed = requiredApprovals(rules);
  if (approvalsOf(world, repo, pull) < needed)
    wrong.push(`At least ${needed} approving review is required by reviewers with write access.`);
  const methods = rules.find((r) => r.type === 'pull_request')?.parameters?.allowed_merge_methods as
    | string[]
    | undefined;
  if (methods && !methods.includes(body?.merge_method ?? 'merge'))
    wrong.push(`${body?.merge_method ?? 'merge'} is not an allowed merge method.`);
  if (isStrict(rules) && !(await repo.git.isAncestor(base, pull.head)))
    wrong.push('The head branch is not up to date with the base branch.');
  if (wrong.length > 0) throw unmergeable(`Repository rule violations found\n\n${wrong.join('\n')}`);
  const tree = await repo.git.text(['merge-tree', '--write-tree', base, pull.head]).catch(() => null);
  if (tree === null) throw unmergeable('Pull Request is not mergeable');
  return { tree: tree.split('\n')[0] as string, base };
}

const merge = (context: Context) =>
  context.repo.lock.run(async () => {
    const { world, repo, actor, values, body } = context;
    const pull = pullOf(repo, values.pull_number as string);
    const { tree, base } = await checkMerge(context, pull);
    const message = `${body?.commit_title ?? `${pull.title} (#${pull.number})`}\n\n${body?.commit_message ?? ''}`;
    const by = { name: actor.account?.login ?? 'nobody', email: 'noreply@example.org' };
    const parents = body?.merge_method === 'squash' ? [base] : [base, pull.head];
    const commit = await repo.git.writeCommit({ tree, parents, message, by, time: world.now() });
    await repo.git.updateRefs([{ ref: `refs/heads/${pull.baseRef}`, to: commit, from: base }]);
    pull.state = 'closed';
    pull.base = base;
    pull.mergedAt = pull.closedAt = pull.updatedAt = world.time();
    pull.mergedBy = actor.account;
    pull.mergeCommit = commit;
    await moved(world, repo, actor, [{ ref: `refs/heads/${pull.baseRef}`, from: base, to: commit }]);
    world.emit(
      repo,
      'pull_request',
      {
        action: 'closed',
        number: pull.number,
        pull_request: await shown(context, repo, pull),
        repository: repository(repo),
      },
      actor,
    );
    return ok({ sha: commit, merged: true, message: 'Pull Request successfully merged' });
  });

export const pullRoutes: Routes = {
  'pulls/create': create,
  'pulls/list': list,
  'pulls/get': async (c) => ok(await shown(c, c.repo, pullOf(c.repo, c.values.pull_number as string))),
  'pulls/update': update,
  'pulls/merge': async (c) => {
    try {
      return await merge(c);
    } catch (error) {
      if (error instanceof Refusal && c.world.options.partial?.mergeRefusalsAs200)
        return ok({ ...(error.answer.body as object), status: error.status });
      throw error;
    }
  },
  'pulls/check-if-merged': (c) => {
    if (pullOf(c.repo, c.values.pull_number as string).mergedAt === null) throw notFound();
    return { status: 204 };
  },
  'pulls/list-files': async (c) => {
    const pull = pullOf(c.repo, c.values.pull_number as string);
    const fork = await c.repo.git.text(['merge-base', pull.base, pull.head]);
    const changes = await c.repo.git.changes(fork, pull.head);
    return page(
      c,
      changes.map(({ path, oid }) => ({ filename: path, sha: oid, status: 'modified' })),
    );
  },
  'pulls/list-reviews': (c) =>
    page(
      c,
      pullOf(c.repo, c.values.pull_number as string).reviews.map((r) => ({
        id: r.id,
        user: user(r.user),
        body: r.body,
        state: r.state,
        commit_id: r.commit,
        submitted_at: r.submittedAt,
      })),
    ),
  'pulls/create-review': (c) => {
    const pull = pullOf(c.repo, c.values.pull_number as string);
    const states = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;
    const state = states[c.body.event as keyof typeof states] ?? 'PENDING';
    if (state === 'APPROVED' && pull.user.id === c.actor.account?.id)
      throw new Refusal(422, 'Unprocessable Entity', { errors: ['Can not approve your own pull request'] });
    const review = {
      id: c.world.id(),
      user: c.actor.account as Account,
      body: c.body.body ?? '',
      commit: c.body.commit_id ?? pull.head,
      submittedAt: c.world.time(),
      state,
    };
    pull.reviews.push(review);
    c.world.emit(
      c.repo,
      'pull_request_review',
      {
        action: 'submitted',
        pull_request: { number: pull.number, head: { sha: pull.head } },
        repository: repository(c.repo),
      },
      c.actor,
    );
    return ok({ id: review.id, state, commit_id: review.commit, user: user(review.user) });
  },
};
