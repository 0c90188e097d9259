import type {
  Account,
  App,
  Asset,
  Comment,
  Installation,
  Label,
  Pull,
  Release,
  Repo,
  Review,
  Run,
  Status,
} from './state.ts';
import type { World } from './world.ts';

// How GitHub prints things: the members that clients read, under GitHub's names.

type Json = Record<string, unknown>;

const node = (kind: string, id: number) => Buffer.from(`${kind}:${id}`).toString('base64url');
const at = (world: World, repo: Repo) => `${world.url}/repos/${repo.fullName}`;
const page = (world: World, repo: Repo) => `${world.webUrl}/${repo.fullName}`;

export const userShape = (world: World, { id, login, type }: Account): Json => ({
  id,
  login,
  node_id: node('User', id),
  type,
  site_admin: false,
  url: `${world.url}/users/${login}`,
  html_url: `${world.webUrl}/${login}`,
});

export const repoShape = (world: World, repo: Repo): Json => ({
  id: repo.id,
  node_id: node('Repository', repo.id),
  name: repo.name,
  full_name: repo.fullName,
  owner: userShape(world, repo.owner),
  private: repo.private,
  visibility: repo.private ? 'private' : 'public',
  description: repo.description,
  fork: repo.parent !== null,
  url: at(world, repo),
  html_url: page(world, repo),
  clone_url: `${page(world, repo)}.git`,
  default_branch: repo.defaultBranch,
  archived: false,
  disabled: false,
  created_at: repo.createdAt,
  ...repo.settings,
});

export const labelShape = (world: World, repo: Repo, label: Label): Json => ({
  id: label.id,
  node_id: node('Label', label.id),
  url: `${at(world, repo)}/labels/${encodeURIComponent(label.name)}`,
  name: label.name,
  color: label.color,
  description: label.description,
  default: false,
});

export function pullShape(world: World, repo: Repo, pull: Pull): Json {
  const end = (of: Repo, ref: string, sha: string) => ({
    label: `${of.owner.login}:${ref}`,
    ref,
    sha,
    user: userShape(world, of.owner),
    repo: repoShape(world, of),
  });
  return {
    id: pull.id,
    node_id: node('PullRequest', pull.id),
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    body: pull.body,
    user: userShape(world, pull.user),
    draft: pull.draft,
    labels: [...pull.labels].map((name) => {
      const label = repo.labels.find((l) => l.name.toLowerCase() === name.toLowerCase());
      return label ? labelShape(world, repo, label) : { name };
    }),
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommit ?? pull.merged?.commit ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    auto_merge: null,
    author_association: 'NONE',
    head: end(pull.headRepo, pull.headRef, pull.head),
    base: end(repo, pull.baseRef, pull.base),
    url: `${at(world, repo)}/pulls/${pull.number}`,
    html_url: `${page(world, repo)}/pull/${pull.number}`,
    issue_url: `${at(world, repo)}/issues/${pull.number}`,
  };
}

export const reviewShape = (world: World, repo: Repo, pull: Pull, review: Review): Json => ({
  id: review.id,
  node_id: node('PullRequestReview', review.id),
  user: userShape(world, review.user),
  body: review.body,
  state: review.state,
  commit_id: review.commit,
  submitted_at: review.submittedAt,
  author_association: 'NONE',
  html_url: `${page(world, repo)}/pull/${pull.number}#pullrequestreview-${review.id}`,
  pull_request_url: `${at(world, repo)}/pulls/${pull.number}`,
});

export const commentShape = (world: World, repo: Repo, comment: Comment): Json => ({
  id: comment.id,
  node_id: node('IssueComment', comment.id),
  user: userShape(world, comment.user),
  body: comment.body,
  created_at: comment.createdAt,
  updated_at: comment.updatedAt,
  author_association: 'NONE',
  url: `${at(world, repo)}/issues/comments/${comment.id}`,
  html_url: `${page(world, repo)}/pull/${comment.pull}#issuecomment-${comment.id}`,
  issue_url: `${at(world, repo)}/issues/${comment.pull}`,
});

export const statusShape = (world: World, repo: Repo, status: Status): Json => ({
  id: status.id,
  node_id: node('StatusContext', status.id),
  url: `${at(world, repo)}/statuses/${status.sha}`,
  state: status.state,
  context: status.context,
  description: status.description,
  target_url: status.targetUrl,
  creator: userShape(world, status.creator),
  created_at: status.createdAt,
  updated_at: status.createdAt,
});

export const assetShape = (world: World, repo: Repo, asset: Asset, digest: string | null): Json => ({
  id: asset.id,
  node_id: node('ReleaseAsset', asset.id),
  name: asset.name,
  label: asset.label,
  state: asset.state,
  content_type: asset.contentType,
  size: asset.bytes.length,
  digest: digest && `sha256:${digest}`,
  download_count: 0,
  created_at: asset.createdAt,
  updated_at: asset.createdAt,
  uploader: userShape(world, asset.uploader),
  url: `${at(world, repo)}/releases/assets/${asset.id}`,
  browser_download_url: `${world.downloadsUrl}/download/${asset.id}`,
});

export const releaseShape = (world: World, repo: Repo, release: Release, assets: readonly Json[]): Json => ({
  id: release.id,
  node_id: node('Release', release.id),
  tag_name: release.tag,
  target_commitish: release.target,
  name: release.name,
  body: release.body,
  draft: release.draft,
  prerelease: release.prerelease,
  immutable: false,
  author: userShape(world, release.author),
  created_at: release.createdAt,
  published_at: release.publishedAt,
  assets,
  url: `${at(world, repo)}/releases/${release.id}`,
  assets_url: `${at(world, repo)}/releases/${release.id}/assets`,
  upload_url: `${world.url}/uploads/repos/${repo.fullName}/releases/${release.id}/assets{?name,label}`,
  html_url: `${page(world, repo)}/releases/tag/${release.tag}`,
});

export const runShape = (world: World, repo: Repo, run: Run): Json => ({
  id: run.id,
  node_id: node('WorkflowRun', run.id),
  name: run.name,
  path: run.path,
  run_number: run.number,
  run_attempt: 1,
  event: run.event,
  status: run.status,
  conclusion: run.conclusion,
  head_branch: run.branch,
  head_sha: run.sha,
  actor: userShape(world, run.actor),
  triggering_actor: userShape(world, run.actor),
  created_at: run.createdAt,
  updated_at: run.createdAt,
  pull_requests: [],
  url: `${at(world, repo)}/actions/runs/${run.id}`,
  html_url: `${page(world, repo)}/actions/runs/${run.id}`,
});

export const appShape = (world: World, app: App): Json => ({
  id: app.id,
  slug: app.slug,
  node_id: node('App', app.id),
  client_id: `Iv1.${app.id}`,
  name: app.name,
  owner: userShape(world, app.owner),
  permissions: app.permissions,
  events: [],
  external_url: world.webUrl,
  html_url: `${world.webUrl}/apps/${app.slug}`,
});

export const installationShape = (world: World, installation: Installation): Json => ({
  id: installation.id,
  app_id: installation.app.id,
  app_slug: installation.app.slug,
  account: userShape(world, installation.account),
  target_type: installation.account.type,
  target_id: installation.account.id,
  permissions: installation.permissions,
  events: [],
  repository_selection: installation.repositories === 'all' ? 'all' : 'selected',
  access_tokens_url: `${world.url}/app/installations/${installation.id}/access_tokens`,
  suspended_at: null,
});
