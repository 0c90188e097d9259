import { checkLength, created, invalid, notFound, ok, Refusal } from '../answers.ts';
import { mergeability, tipOf } from '../mergeable.ts';
import { close, keepHead, tellPull } from '../refs.ts';
import { type Context, page, type Routes } from '../route.ts';
import { pullShape, userShape } from '../shapes.ts';
import type { Account, Pull, Repo } from '../state.ts';

export function pullOf(repo: Repo, number: string | number): Pull {
  const pull = repo.pulls.find((p) => p.number === Number(number));
  if (!pull) throw notFound();
  return pull;
}

/** As lists have it. The API of 2026-03-10 no longer has `merge_commit_sha`. */
function shown(c: Context, pull: Pull): Record<string, unknown> {
  const { merge_commit_sha, ...rest } = pullShape(c.world, c.repo, pull);
  const hidden = c.world.options.partial?.noMergeFields || c.headers['x-github-api-version'] === '2026-03-10';
  return hidden ? rest : { ...rest, merge_commit_sha };
}

/** As a single one is shown: with the result of a trial merge. */
async function whole(c: Context, pull: Pull): Promise<Record<string, unknown>> {
  const [mergeable, state] = await mergeability(c.world, c.repo, pull);
  const { mergedBy } = pull;
  return {
    ...shown(c, pull),
    merged: pull.mergedAt !== null,
    merged_by: mergedBy && userShape(c.world, mergedBy),
    ...(!c.world.options.partial?.noMergeFields && { mergeable, mergeable_state: state }),
  };
}

const wrong = (message: string) =>
  new Refusal(422, 'Validation Failed', { errors: [{ resource: 'PullRequest', code: 'custom', message }] });

/** `branch`, or `owner:branch` of a fork. */
function headOf({ world, repo }: Context, head: string): { headRepo: Repo; ref: string; label: string } {
  const [owner = '', branch] = head.includes(':') ? head.split(':') : [repo.owner.login, head];
  const ours = owner.toLowerCase() === repo.owner.login.toLowerCase();
  const isFork = (r: Repo) => r.parent === repo && r.owner.login.toLowerCase() === owner.toLowerCase();
  const headRepo = ours ? repo : [...world.repos.values()].find(isFork);
  if (!headRepo || !branch) throw invalid('PullRequest', 'head', 'invalid');
  return { headRepo, ref: branch, label: `${owner}:${branch}` };
}

function checkTexts(body: { title?: string; body?: string | null }): void {
  checkLength('PullRequest', 'body', body.body, 65_536);
  checkLength('PullRequest', 'title', body.title, 256);
  if (body.title === '') throw invalid('PullRequest', 'title', 'missing_field');
}

const create = (c: Context) =>
  c.repo.lock.run(async () => {
    const { world, actor, repo, body } = c;
    if (actor.kind === 'actions' && repo.actions.workflow.can_approve_pull_request_reviews !== true)
      throw new Refusal(403, 'GitHub Actions is not permitted to create or approve pull requests.');
    if (body.title === undefined) throw invalid('PullRequest', 'title', 'missing_field');
    const { headRepo, ref, label } = headOf(c, body.head);
    const head = await headRepo.git.resolve(`refs/heads/${ref}`);
    const base = await tipOf(repo, body.base);
    if (!head) throw invalid('PullRequest', 'head', 'invalid');
    if (!base) throw invalid('PullRequest', 'base', 'invalid');
    checkTexts(body);
    const same = (p: Pull) => p.headRef === ref && p.headRepo === headRepo && p.baseRef === body.base;
    if (repo.pulls.some((p) => p.state === 'open' && same(p)))
      throw wrong(`A pull request already exists for ${label}.`);
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
    await keepHead(repo, pull);
    if (await repo.git.isAncestor(head, base)) throw wrong(`No commits between ${body.base} and ${ref}`);
    if ((await repo.git.mergeBases(base, head)).length === 0)
      throw wrong(`The ${ref} branch has no history in common with ${body.base}`);
    repo.pulls.push(pull);
    tellPull(world, repo, pull, 'opened', actor);
    return created(await whole(c, pull));
  });

const update = (c: Context) =>
  c.repo.lock.run(async () => {
    const { world, actor, repo, values, body = {} } = c;
    const pull = pullOf(repo, values.pull_number as string);
    checkTexts(body);
    if (body.title !== undefined) {
      pull.title = body.title;
      if (world.options.partial?.titleWipesBody && body.body === undefined) pull.body = '';
    }
    if (body.body !== undefined) pull.body = body.body;
    if (body.base !== undefined) {
      if (!(await tipOf(repo, body.base))) throw invalid('PullRequest', 'base', 'invalid');
      pull.baseRef = body.base;
    }
    pull.updatedAt = world.time();
    if (body.state === 'closed' && pull.state === 'open') close(world, repo, pull, actor);
    else if (body.state === 'open' && pull.state === 'closed') await reopen(c, pull);
    else tellPull(world, repo, pull, 'edited', actor);
    return ok(await whole(c, pull));
  });

async function reopen({ world, repo, actor }: Context, pull: Pull): Promise<void> {
  const head = await pull.headRepo.git.resolve(`refs/heads/${pull.headRef}`);
  if (pull.mergedAt !== null || !head) throw wrong('state cannot be changed. The head branch was deleted or merged.');
  const open = repo.pulls.some((p) => p !== pull && p.state === 'open' && p.headRef === pull.headRef);
  if (open) throw wrong(`state cannot be changed. There is already an open pull request from ${pull.headRef}.`);
  pull.state = 'open';
  pull.closedAt = null;
  pull.head = head;
  await keepHead(repo, pull);
  tellPull(world, repo, pull, 'reopened', actor);
}

/** Earlier pushes are visible to every reader. */
const caughtUp = (repo: Repo) => repo.lock.run(async () => {});

const list = async (c: Context) => {
  await caughtUp(c.repo);
  const { repo, query, world } = c;
  const plain = world.options.partial?.plainLists === true;
  const { state = 'open', head, base } = query;
  const named = (p: Pull) => `${p.headRepo.owner.login}:${p.headRef}`.toLowerCase() === head?.toLowerCase();
  const found = repo.pulls.filter(
    (p) =>
      (state === 'all' || p.state === state) &&
      (plain || head === undefined || !head.includes(':') || named(p)) &&
      (plain || base === undefined || p.baseRef === base),
  );
  const newestFirst = query.direction !== 'asc';
  return page(
    c,
    (newestFirst ? found.toReversed() : found).map((p) => shown(c, p)),
  );
};

const KIND: Readonly<Record<string, string>> = { added: 'added', deleted: 'removed', modified: 'modified' };

const listFiles = async (c: Context) => {
  const pull = pullOf(c.repo, c.values.pull_number as string);
  const base = await tipOf(c.repo, pull.baseRef);
  const [fork = base] = await c.repo.git.mergeBases(pull.mergedAt ? pull.base : base, pull.head);
  const raw = (await c.repo.git.text(['diff-tree', '-r', '-z', '--no-renames', '--raw', fork, pull.head])).split('\0');
  const files = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [, , , oid = '', letter = 'M'] = (raw[i] as string).split(' ');
    const status = KIND[letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'modified'];
    files.push({ filename: raw[i + 1], sha: oid, status, additions: 0, deletions: 0, changes: 0 });
  }
  return page(c, files.slice(0, 3000));
};

export const pullRoutes: Routes = {
  'pulls/create': create,
  'pulls/list': list,
  'pulls/get': async (c) => {
    await caughtUp(c.repo);
    return ok(await whole(c, pullOf(c.repo, c.values.pull_number as string)));
  },
  'pulls/update': update,
  'pulls/list-files': listFiles,
};
