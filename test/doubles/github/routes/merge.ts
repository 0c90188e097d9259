import { noContent, notFound, ok, Refusal } from '../answers.ts';
import { mergedTree, tipOf } from '../mergeable.ts';
import { forbiddenWorkflow, markMerged, moved, workflowRefusal } from '../refs.ts';
import type { Context, Routes } from '../route.ts';
import { mergeProblems, methodsLeft } from '../rules.ts';
import type { Pull } from '../state.ts';
import { pullOf } from './pulls.ts';

const SETTING: Readonly<Record<string, string>> = {
  merge: 'allow_merge_commit',
  squash: 'allow_squash_merge',
  rebase: 'allow_rebase_merge',
};
const PLURAL: Readonly<Record<string, string>> = {
  merge: 'Merge commits',
  squash: 'Squash merges',
  rebase: 'Rebase merges',
};

const unmergeable = (message: string) => new Refusal(405, message);

/** Everything that keeps GitHub from merging, in GitHub's words. */
async function checkMerge({ world, repo, actor, body }: Context, pull: Pull): Promise<{ tree: string; base: string }> {
  const { partial } = world.options;
  const method = body?.merge_method ?? 'merge';
  if (pull.state !== 'open') throw unmergeable('Pull Request is not mergeable');
  if (pull.draft) throw unmergeable('Pull Request is still a draft');
  if (body?.sha && body.sha !== pull.head && !partial?.mergeIgnoresSha)
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  const base = await tipOf(repo, pull.baseRef);
  const tree = await mergedTree(repo, base, pull.head);
  if (tree === null) throw unmergeable('Pull Request is not mergeable');
  if (repo.settings[SETTING[method] as string] === false)
    throw unmergeable(`${PLURAL[method]} are not allowed on this repository.`);
  const problems = partial?.mergeIgnoresRules ? [] : await mergeProblems(world, repo, pull, actor, base);
  if (!partial?.mergeIgnoresRules && !methodsLeft(world, repo, pull, actor).includes(method))
    problems.push(`${PLURAL[method]} are not allowed on this repository.`);
  if (problems.length > 0)
    throw unmergeable(`Repository rule violations found\n\n${problems.map((p) => `${p}\n\n`).join('')}`);
  const workflow = await forbiddenWorkflow(
    repo,
    { ref: `refs/heads/${pull.baseRef}`, from: base, to: pull.head },
    actor,
  );
  if (workflow) throw new Refusal(403, workflowRefusal(workflow, actor));
  return { tree, base };
}

/** The commits of a branch since it left its base, oldest first, each on top of the one before. */
async function rebased({ world, repo }: Context, pull: Pull, base: string): Promise<string> {
  if (!(await repo.git.isAncestor(base, pull.head))) throw unmergeable('This branch can’t be rebased');
  const commits = (await repo.git.text(['rev-list', '--reverse', `${base}..${pull.head}`])).split('\n');
  let tip = base;
  for (const commit of commits) {
    const [tree, message] = await Promise.all([
      repo.git.text(['rev-parse', `${commit}^{tree}`]),
      repo.git.text(['log', '-1', '--format=%B', commit]),
    ]);
    const by = { name: 'GitHub', email: 'noreply@github.com' };
    tip = await repo.git.writeCommit({ tree, parents: [tip], message, by, time: world.now() });
  }
  return tip;
}

const merge = (context: Context) =>
  context.repo.lock.run(async () => {
    const { world, repo, actor, values, body } = context;
    const pull = pullOf(repo, values.pull_number as string);
    const { tree, base } = await checkMerge(context, pull);
    const title = body?.commit_title ?? `${pull.title} (#${pull.number})`;
    const message = body?.commit_message ? `${title}\n\n${body.commit_message}` : title;
    const by = { name: actor.account?.login ?? 'nobody', email: 'noreply@github.com' };
    const parents = body?.merge_method === 'squash' ? [base] : [base, pull.head];
    const commit =
      body?.merge_method === 'rebase'
        ? await rebased(context, pull, base)
        : await repo.git.writeCommit({ tree, parents, message, by, time: world.now() });
    await repo.git.updateRefs([{ ref: `refs/heads/${pull.baseRef}`, to: commit, from: base }]).catch(() => {
      throw unmergeable('Base branch was modified. Review and try the merge again.');
    });
    pull.base = base;
    markMerged(world, repo, pull, commit, actor);
    await moved(world, repo, actor, [{ ref: `refs/heads/${pull.baseRef}`, from: base, to: commit }]);
    if (repo.settings.delete_branch_on_merge === true && pull.headRepo === repo) {
      const ref = `refs/heads/${pull.headRef}`;
      await repo.git.updateRefs([{ ref, to: null, from: pull.head }]);
      await moved(world, repo, actor, [{ ref, from: pull.head, to: null }]);
    }
    return ok({ sha: commit, merged: true, message: 'Pull Request successfully merged' });
  });

/** Merges the base into the branch, which gives a new head without statuses. */
const updateBranch = (context: Context) =>
  context.repo.lock.run(async () => {
    const { world, repo, actor, values, body } = context;
    const pull = pullOf(repo, values.pull_number as string);
    const [base, head] = [await tipOf(repo, pull.baseRef), pull.head];
    if (pull.state !== 'open') throw new Refusal(422, 'Pull request is closed');
    if (body?.expected_head_sha && body.expected_head_sha !== head)
      throw new Refusal(422, 'expected head sha didn’t match current head ref.');
    if (await repo.git.isAncestor(base, head)) throw new Refusal(422, 'There are no new commits on the base branch.');
    const tree = await mergedTree(repo, base, head);
    if (!tree) throw new Refusal(422, 'merge conflict between base and head');
    const by = { name: actor.account?.login ?? 'nobody', email: 'noreply@github.com' };
    const message = `Merge branch '${pull.baseRef}' into ${pull.headRef}`;
    const to = await repo.git.writeCommit({ tree, parents: [head, base], message, by, time: world.now() });
    const ref = `refs/heads/${pull.headRef}`;
    const remote = repo.git.gitDir;
    if (pull.headRepo !== repo) await pull.headRepo.git.run(['fetch', '--quiet', remote, to], { remote });
    await pull.headRepo.git.updateRefs([{ ref, to, from: head }]);
    await moved(world, pull.headRepo, actor, [{ ref, from: head, to }]);
    const url = `${world.url}/repos/${repo.fullName}/pulls/${pull.number}`;
    return { status: 202, body: { message: 'Updating pull request branch.', url } };
  });

export const mergeRoutes: Routes = {
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
    return noContent;
  },
  'pulls/update-branch': updateBranch,
};
