import { checkLength, ok, Refusal } from '../answers.ts';
import { common } from '../refs.ts';
import { type Context, page, type Routes } from '../route.ts';
import { pullShape, reviewShape } from '../shapes.ts';
import type { Account, Review } from '../state.ts';
import { pullOf } from './pulls.ts';

const STATES: Readonly<Record<string, Review['state']>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

const unprocessable = (why: string) => new Refusal(422, 'Unprocessable Entity', { errors: [why] });

async function review(c: Context) {
  const { world, repo, actor, body } = c;
  const pull = pullOf(repo, c.values.pull_number as string);
  const state = STATES[body?.event] ?? 'PENDING';
  const author = actor.account as Account;
  if (state === 'APPROVED' && author.id === pull.user.id) throw unprocessable('Can not approve your own pull request');
  if (state === 'CHANGES_REQUESTED' && author.id === pull.user.id)
    throw unprocessable('Can not request changes on your own pull request');
  if (
    state === 'APPROVED' &&
    actor.kind === 'actions' &&
    repo.actions.workflow.can_approve_pull_request_reviews !== true
  )
    throw unprocessable('GitHub Actions is not permitted to approve pull requests.');
  if (state !== 'APPROVED' && state !== 'PENDING' && !body?.body) throw unprocessable('Body can not be blank');
  checkLength('PullRequestReview', 'body', body?.body, 65_536);
  const commit = body?.commit_id ?? pull.head;
  if (!(await repo.git.commitId(commit))) throw unprocessable('commit_id is not part of the pull request');
  const made: Review = {
    id: world.id(),
    user: author,
    body: body?.body ?? '',
    commit,
    submittedAt: world.time(),
    state,
  };
  pull.reviews.push(made);
  const shown = reviewShape(world, repo, pull, made);
  const about = { action: 'submitted', review: shown, pull_request: pullShape(world, repo, pull) };
  world.emit(repo, 'pull_request_review', { ...about, ...common(world, repo, actor) }, actor);
  return ok(shown);
}

export const reviewRoutes: Routes = {
  'pulls/create-review': review,
  'pulls/list-reviews': (c) => {
    const pull = pullOf(c.repo, c.values.pull_number as string);
    return page(
      c,
      pull.reviews.map((r) => reviewShape(c.world, c.repo, pull, r)),
    );
  },
};
