import { checkLength, created, invalid, notFound, ok } from '../answers.ts';
import { common } from '../refs.ts';
import { type Context, page, type Routes } from '../route.ts';
import { commentShape, labelShape } from '../shapes.ts';
import type { Account, Comment, Repo } from '../state.ts';
import { pullOf } from './pulls.ts';

const shown = (c: Context, comment: Comment) => commentShape(c.world, c.repo, comment);

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
  ok(
    [...pullOf(c.repo, c.values.issue_number as string).labels].map((n) =>
      labelShape(c.world, c.repo, label(c.repo, n)),
    ),
  );

/** Missing labels are made. */
function put(c: Context): void {
  const { labels } = pullOf(c.repo, c.values.issue_number as string);
  for (const name of names(c)) {
    const known = c.repo.labels.find((l) => l.name.toLowerCase() === name.toLowerCase());
    if (!known) c.repo.labels.push({ id: c.world.id(), name, color: 'ededed', description: null });
    labels.add(known?.name ?? name);
  }
}

export const issueRoutes: Routes = {
  'issues/list-comments': (c) =>
    page(
      c,
      c.repo.comments
        .filter((m) => m.pull === pullOf(c.repo, c.values.issue_number as string).number)
        .map((m) => shown(c, m)),
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
    const about = { action: 'created', issue: { number: pull }, comment: shown(c, comment) };
    c.world.emit(c.repo, 'issue_comment', { ...about, ...common(c.world, c.repo, c.actor) }, c.actor);
    return created(shown(c, comment));
  },
  'issues/update-comment': (c) => {
    const comment = c.repo.comments.find((m) => m.id === Number(c.values.comment_id));
    if (!comment) throw notFound();
    checkLength('IssueComment', 'body', c.body.body, 65_536);
    comment.body = c.body.body;
    comment.updatedAt = c.world.time();
    return ok(shown(c, comment));
  },
  'issues/get-label': (c) => ok(labelShape(c.world, c.repo, label(c.repo, c.values.name as string))),
  'issues/list-labels-for-repo': (c) =>
    page(
      c,
      c.repo.labels.map((l) => labelShape(c.world, c.repo, l)),
    ),
  'issues/create-label': (c) => {
    const { name, color = 'ededed', description = null } = c.body;
    if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid('Label', 'color', 'invalid');
    checkLength('Label', 'name', name, 50);
    checkLength('Label', 'description', description, 100);
    if (c.repo.labels.some((l) => l.name.toLowerCase() === name.toLowerCase()))
      throw invalid('Label', 'name', 'already_exists');
    const made = { id: c.world.id(), name, color, description };
    c.repo.labels.push(made);
    return created(labelShape(c.world, c.repo, made));
  },
  'issues/list-labels-on-issue': shownLabels,
  'issues/add-labels': (c) => {
    put(c);
    return shownLabels(c);
  },
  'issues/set-labels': (c) => {
    pullOf(c.repo, c.values.issue_number as string).labels.clear();
    put(c);
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
