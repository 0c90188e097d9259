import { created, notFound, ok, Refusal } from '../answers.ts';
import { roleOf } from '../identity.ts';
import { common } from '../refs.ts';
import { type Context, page, type Routes } from '../route.ts';
import { latestStatuses, rulesOf } from '../rules.ts';
import { repoShape } from '../shapes.ts';
import type { Account, Repo } from '../state.ts';

const account = ({ id, login, type }: Account) => ({ id, login, type });

const shownRepo = (c: Context, repo: Repo) => {
  const role = c.actor.account && roleOf(c.world, c.actor.account, repo);
  const permissions = { admin: role === 'admin', push: role === 'admin' || role === 'write', pull: role !== null };
  return { ...repoShape(c.world, repo), ...(c.actor.account && { permissions }) };
};

const make = (owner: (c: Context) => Account) => async (c: Context) => {
  const { world, body } = c;
  const { name, private: hidden, description, ...settings } = body;
  if (world.repo(`${owner(c).login}/${name}`))
    throw new Refusal(422, 'Repository creation failed.', {
      errors: [
        { resource: 'Repository', code: 'custom', field: 'name', message: 'name already exists on this account' },
      ],
    });
  const repo = await world.createRepo({ owner: owner(c), name, private: hidden === true, description, settings });
  return created(shownRepo(c, repo));
};

const status = async (c: Context) => {
  const { repo, world, actor, body, values } = c;
  const sha = values.sha as string;
  if (!/^[0-9a-f]{40}$/.test(sha) || !(await repo.git.commitId(sha)))
    throw new Refusal(422, `No commit found for SHA: ${sha}`);
  const known = repo.statuses.filter(
    (s) => s.sha === sha && s.context.toLowerCase() === (body.context ?? 'default').toLowerCase(),
  );
  if (known.length >= 1000) throw new Refusal(422, 'This SHA and context has reached the maximum number of statuses.');
  const made = {
    id: world.id(),
    sha,
    state: body.state,
    context: body.context ?? 'default',
    description: body.description ?? null,
    targetUrl: body.target_url ?? null,
    creator: actor.account as Account,
    appId: actor.appId,
    createdAt: world.time(),
  };
  if ((made.description ?? '').length > 140)
    throw new Refusal(422, 'Validation Failed', {
      errors: [
        {
          resource: 'Status',
          code: 'custom',
          field: 'description',
          message: 'description is too long (maximum is 140 characters)',
        },
      ],
    });
  repo.statuses.push(made);
  world.emit(
    repo,
    'status',
    { ...shownStatus(made), id: made.id, sha, name: repo.fullName, ...common(world, repo, actor) },
    actor,
  );
  return created(shownStatus(made));
};

const shownStatus = (s: Repo['statuses'][number]) => ({
  id: s.id,
  state: s.state,
  context: s.context,
  description: s.description,
  target_url: s.targetUrl,
  creator: account(s.creator),
  created_at: s.createdAt,
});

async function commitOf(repo: Repo, ref: string): Promise<string> {
  for (const name of [ref, `refs/heads/${ref}`]) {
    const found = /^[0-9a-f]{40}$/.test(name) ? await repo.git.commitId(name) : await repo.git.resolve(name);
    if (found) return found;
  }
  throw new Refusal(422, `No commit found for SHA: ${ref}`);
}

async function shownCommit({ repo }: Context, sha: string) {
  if (!/^[0-9a-f]{40}$/.test(sha) || !(await repo.git.commitId(sha))) throw notFound();
  const format = ['%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x00');
  const [tree, parents = '', name, email, date, by, mail, time, message = ''] = (
    await repo.git.text(['log', '-1', `--format=${format}`, sha])
  ).split('\0');
  return {
    sha,
    tree: { sha: tree },
    parents: parents
      .split(' ')
      .filter(Boolean)
      .map((p) => ({ sha: p })),
    author: { name, email, date },
    committer: { name: by, email: mail, date: time },
    message: message.trimEnd(),
  };
}

export const repoRoutes: Routes = {
  'repos/get': (c) => ok(shownRepo(c, c.repo)),
  'repos/create-in-org': make((c) => {
    const owner = c.world.accounts.get((c.values.org as string).toLowerCase());
    if (!owner) throw notFound();
    return owner;
  }),
  'repos/create-for-authenticated-user': make((c) => c.actor.account as Account),
  'repos/update': async (c) => {
    const { private: hidden, description, default_branch: branch, ...settings } = c.body;
    if (hidden !== undefined) c.repo.private = hidden;
    if (description !== undefined) c.repo.description = description;
    if (branch !== undefined && !(await c.repo.git.resolve(`refs/heads/${branch}`)))
      throw new Refusal(422, 'Validation Failed', { errors: `The branch ${branch} was not found.` });
    if (branch !== undefined) c.repo.defaultBranch = branch;
    c.repo.settings = { ...c.repo.settings, ...settings };
    return ok(shownRepo(c, c.repo));
  },
  'repos/get-branch': async (c) => {
    const sha = await c.repo.git.resolve(`refs/heads/${c.values.branch}`);
    if (!sha) throw new Refusal(404, 'Branch not found');
    const rules = rulesOf(c.repo, `refs/heads/${c.values.branch}`);
    return ok({ name: c.values.branch, commit: { sha }, protected: rules.length > 0 });
  },
  'git/get-ref': async (c) => {
    const ref = `refs/${c.values.ref}`;
    const sha = await c.repo.git.resolve(ref);
    if (!sha) throw notFound();
    return ok({ ref, object: { sha, type: 'commit' } });
  },
  'git/get-commit': async (c) => ok(await shownCommit(c, c.values.commit_sha as string)),
  'repos/get-commit': async (c) => {
    const { author, committer, message, tree, parents, sha } = await shownCommit(
      c,
      await commitOf(c.repo, c.values.ref as string),
    );
    return ok({ sha, parents, commit: { author, committer, message, tree } });
  },
  'repos/create-commit-status': status,
  'repos/list-commit-statuses-for-ref': async (c) => {
    const sha = await commitOf(c.repo, c.values.ref as string);
    return page(
      c,
      c.repo.statuses
        .filter((s) => s.sha === sha)
        .toReversed()
        .map(shownStatus),
    );
  },
  'repos/get-combined-status-for-ref': async (c) => {
    const sha = await commitOf(c.repo, c.values.ref as string);
    const found = latestStatuses(c.repo, sha);
    const state = found.some((s) => s.state === 'failure' || s.state === 'error')
      ? 'failure'
      : found.length > 0 && found.every((s) => s.state === 'success')
        ? 'success'
        : 'pending';
    return ok({ sha, state, total_count: found.length, statuses: found.map(shownStatus) });
  },
  'repos/get-collaborator-permission-level': (c) => {
    const who = c.world.accounts.get((c.values.username as string).toLowerCase());
    if (!who) throw notFound();
    return ok({ permission: roleOf(c.world, who, c.repo) ?? 'none', user: account(who) });
  },
  'repos/get-content': async (c) => {
    const at = await commitOf(c.repo, c.query.ref ?? c.repo.defaultBranch);
    const entry = await c.repo.git.entry(at, c.values.path as string);
    if (entry?.type === 'tree')
      return ok(
        (await c.repo.git.folder(at, entry.path)).map((e) => ({
          type: e.type === 'tree' ? 'dir' : 'file',
          name: e.path.slice(e.path.lastIndexOf('/') + 1),
          path: e.path,
          sha: e.oid,
        })),
      );
    if (entry?.type !== 'blob') throw notFound();
    const bytes = await c.repo.git.blob(entry.oid);
    if (/vnd\.github\.(?:v3\.)?raw/.test(String(c.headers.accept))) return ok(bytes);
    const large = bytes.length > 1024 * 1024;
    return ok({
      type: 'file',
      name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
      encoding: large ? 'none' : 'base64',
      size: bytes.length,
      path: c.values.path,
      sha: entry.oid,
      content: large ? '' : bytes.toString('base64'),
    });
  },
};
