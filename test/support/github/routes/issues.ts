import { checkLength, created, invalid, notFound, ok } from '../answers.ts';
import { type Context, page, type Routes } from '../route.ts';
import type { Account, Comment, Repo } from '../state.ts';
import { pullOf } from './pulls.ts';

const shown = ({ id, body, user, createdAt, updatedAt }: Comment) => ({
  id,
  body,
  user: { id: user.id, login: user.login, type: user.type },
  created_at: createdAt,
  updated_at: updatedAt,
});

function label(repo: Repo, name: string): Repo['labels'][number] {
  const known = repo.labels.find((l) => l.name.toLowerCase() === name.toLowerCase());
  if (!known) throw notFound();
  return known;
}

const names = (c: Context): string[] =>
  (Array.isArray(c.body) ? c.body : (c.body?.labels ?? [])).map((l: unknown) =>
    typeof l === 'string' ? l : (l as { name: string }).name,
  );
const shownLabels = (c: Context) =>
  ok([...pullOf(c.repo, c.values.issue_number as string).labels].map((name) => ({ name })));

export const issueRoutes: Routes = {
  'issues/list-comments': (c) =>
    page(
      c,
      c.repo.comments.filter((m) => m.pull === pullOf(c.repo, c.values.issue_number as string).number).map(shown),
    ),
  'issues/create-comment': (c) => {
    checkLength('IssueComment', 'body', c.body.body, 65_536);
    const pull = pullOf(c.repo, c.values.issue_number as string).number;
    const comment: Comment = {
      id: c.world.id(),
      pull,
      user: c.actor.account as Account,
      createdAt: c.world.time(),
      body: c.body.body,
      updatedAt: c.world.time(),
    };
    c.repo.comments.push(comment);
    return created(shown(comment));
  },
  'issues/update-comment': (c) => {
    const comment = c.repo.comments.find((m) => m.id === Number(c.values.comment_id));
    if (!comment) throw notFound();
    checkLength('IssueComment', 'body', c.body.body, 65_536);
    comment.body = c.body.body;
    comment.updatedAt = c.world.time();
    return ok(shown(comment));
  },
  'issues/get-label': (c) => ok(label(c.repo, c.values.name as string)),
  'issues/list-labels-for-repo': (c) => page(c, c.repo.labels),
  'issues/create-label': (c) => {
    const { name, color = 'ededed', description = null } = c.body;
    if (c.repo.labels.some((l) => l.name.toLowerCase() === name.toLowerCase()))
      throw invalid('Label', 'name', 'already_exists');
    const made = { id: c.world.id(), name, color, description };
    c.repo.labels.push(made);
    return created(made);
  },
  'issues/list-labels-on-issue': shownLabels,
  'issues/add-labels': (c) => {
    for (const name of names(c)) pullOf(c.repo, c.values.issue_number as string).labels.add(name);
    return shownLabels(c);
  },
  'issues/set-labels': (c) => {
    const { labels } = pullOf(c.repo, c.values.issue_number as string);
    labels.clear();
    for (const name of names(c)) labels.add(name);
    return shownLabels(c);
  },
  'issues/remove-label': (c) => {
    if (!pullOf(c.repo, c.values.issue_number as string).labels.delete(c.values.name as string)) throw notFound();
    return shownLabels(c);
  },
  'issues/remove-all-labels': (c) => {
    pullOf(c.repo, c.values.issue_number as string).labels.clear();
    return { status: 204 };
  },
};
