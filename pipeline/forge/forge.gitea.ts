import type { Git } from '../../registry-repo/git.ts';
import type { Identity } from '../../registry-repo/git-commit.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { Branches, keepVerdict } from './branches.ts';
import { ForgeError } from './errors.ts';
import type { Comment, Forge, Note, PullRequest, Status } from './forge.ts';
import { AccountAnswer, AnyAnswer, type PullAnswer, RunsAnswer, type StatusAnswer } from './gitea/answers.ts';
import { approvalsOf } from './gitea/approvals.ts';
import { mergeByPush, mergeCommitOf } from './gitea/merge.ts';
import { editPull, getPull, headOf, isFork, listPulls, openPull, setLabels, shownPull } from './gitea/pulls.ts';
import { latestStatuses } from './gitea/statuses.ts';
import { ownComments, writeComment } from './github/comments.ts';
import type { Merged, MergeRequest } from './github/merge.ts';
import { moveLease, readLease } from './lease-ref.ts';
import type { Mirror } from './mirror.ts';
import { hasStatus } from './rest/failures.ts';
import { here, type Place, pause, untilDone } from './rest/place.ts';

const GATE_WORKFLOW = 'promotion-gate.yml';
const MAX_DESCRIPTION = 140;
const RUNNING = ['queued', 'waiting', 'in_progress', 'running', 'blocked'];

export type GiteaForgeOptions = {
  readonly place: Place;
  readonly mirror: Mirror;
  /** Where browsers find the repository. */
  readonly web: string;
  readonly by: Identity;
  readonly clock: () => Date;
};

/** A registry on Gitea or Forgejo. Branches and main move by git; the rest uses the API. */
export class GiteaForge implements Forge {
  readonly kind = 'gitea';
  readonly git: Git;
  readonly #options: GiteaForgeOptions;
  readonly #branches: Branches;
  #account: Promise<string> | undefined;

  constructor(options: GiteaForgeOptions) {
    this.#options = options;
    this.#branches = new Branches(options.mirror);
    this.git = options.mirror.git;
  }

  get location(): string {
    return this.#options.web;
  }

  get #place(): Place {
    return this.#options.place;
  }

  fileUrl(commit: ObjectId, path: string): string {
    return `${this.location}/raw/commit/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  sync(): Promise<ObjectId> {
    return this.#options.mirror.sync();
  }

  pushBranch(branch: string, commit: ObjectId, expected: ObjectId | null): Promise<void> {
    return this.#branches.push(branch, commit, expected);
  }

  branch(branch: string): Promise<ObjectId | null> {
    return this.#branches.at(branch);
  }

  deleteBranch(branch: string): Promise<void> {
    return this.#branches.delete(branch);
  }

  async openPullRequest(request: {
    branch: string;
    title: string;
    body: string;
    labels: readonly string[];
  }): Promise<PullRequest> {
    const { branch, title, body, labels } = request;
    const { number } = await this.#opened(branch, { title, body });
    return this.updatePullRequest(number, { title, body, labels });
  }

  /**
   * The forge allows one open pull request for each branch, but not if two are opened at once: then the first counts,
   * and the others are closed.
   */
  async #opened(branch: string, text: { title: string; body: string }): Promise<PullAnswer> {
    const place = this.#place;
    for (let attempt = 1; ; attempt++) {
      const [first, ...more] = (await listPulls(place, 'open', branch)).sort((a, b) => a.number - b.number);
      for (const { number } of more) await untilDone(place, () => editPull(place, number, { state: 'closed' }));
      if (first) return first;
      if (!(await this.branch(branch)))
        throw new ForgeError('refused', `branch ${branch} does not exist: push it first`);
      if (attempt === 4)
        throw new ForgeError('unreachable', `the forge opens no pull request for ${branch}: try again`);
      await openPull(place, { head: branch, ...text }).catch((error) => {
        // The API may not know a branch yet that was pushed a moment ago.
        const again = hasStatus(error, 404, 422) || (error instanceof ForgeError && error.reason === 'unreachable');
        if (!again || attempt === 3) throw error;
        return pause(place, attempt);
      });
    }
  }

  async pullRequest(number: number): Promise<PullRequest> {
    try {
      return await this.#shown(await getPull(this.#place, number), () => this.sync());
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      throw new ForgeError('no_such_pull_request', `${this.location} has no pull request ${number}`, { cause: error });
    }
  }

  async pullRequests(filter: { state?: PullRequest['state']; branch?: string } = {}): Promise<PullRequest[]> {
    const state = filter.state === undefined ? 'all' : filter.state === 'open' ? 'open' : 'closed';
    const found = await listPulls(this.#place, state, filter.branch);
    let tip: Promise<ObjectId> | undefined;
    const sync = () => {
      tip ??= this.sync();
      return tip;
    };
    const shown: PullRequest[] = [];
    for (const pull of found) if (pull.head.sha !== '') shown.push(await this.#shown(pull, sync));
    return shown.filter((p) => (filter.state ?? p.state) === p.state).sort((a, b) => a.number - b.number);
  }

  /** Afterwards the objects of the returned pull requests are here; a fork's are not fetched. */
  async #shown(pull: PullAnswer, sync: () => Promise<ObjectId>): Promise<PullRequest> {
    const ended = pull.state === 'closed';
    const commit = ended ? await mergeCommitOf(this.git, await sync(), pull) : null;
    const shown = shownPull(pull, commit);
    if (!isFork(pull) && (pull.merged || !ended))
      await this.#options.mirror.has(headOf(pull), `refs/heads/${shown.branch}`, `refs/pull/${shown.number}/head`);
    return shown;
  }

  async updatePullRequest(
    number: number,
    { labels, ...text }: { title?: string; body?: string; labels?: readonly string[] },
  ): Promise<PullRequest> {
    await untilDone(this.#place, async () => {
      await editPull(this.#place, number, text);
      if (labels) await setLabels(this.#place, number, labels);
    });
    return this.pullRequest(number);
  }

  async closePullRequest(number: number): Promise<PullRequest> {
    await untilDone(this.#place, () => editPull(this.#place, number, { state: 'closed' }));
    return this.pullRequest(number);
  }

  async comment(number: number, comment: Comment): Promise<void> {
    await writeComment(this.#place, number, comment, await this.#me());
  }

  async comments(number: number): Promise<Comment[]> {
    const found = await ownComments(this.#place, number, await this.#me());
    return found.map(({ marker, body }) => ({ marker, body }));
  }

  /** The permanent id of the account that acts here. */
  #me(): Promise<string> {
    this.#account ??= this.#place.api.get('GET /user', {}, AccountAnswer).then(
      ({ id }) => String(id),
      (error) => {
        this.#account = undefined;
        throw error;
      },
    );
    return this.#account;
  }

  approvals(number: number, head: ObjectId): Promise<string[]> {
    return approvalsOf(this.#place, number, head);
  }

  async approve(number: number, head: ObjectId): Promise<void> {
    const me = await this.#me();
    const params = { ...here(this.#place), index: number, commit_id: head, event: 'APPROVED' };
    await untilDone(this.#place, async () => {
      if ((await approvalsOf(this.#place, number, head)).includes(me)) return;
      await this.#place.api.send('POST /repos/{owner}/{repo}/pulls/{index}/reviews', params, AnyAnswer);
    });
  }

  async setStatus(commit: ObjectId, status: Omit<Status, 'creator'>): Promise<void> {
    const { context, state } = status;
    const description = status.description.slice(0, MAX_DESCRIPTION);
    const params = { ...here(this.#place), sha: commit, context, state, description };
    const same = (s: StatusAnswer) =>
      s.context === context && s.status === state && (s.description ?? '') === description;
    let asked = false;
    await untilDone(this.#place, async () => {
      if (asked && (await latestStatuses(this.#place, commit)).some(same)) return;
      asked = true;
      await this.#place.api.send('POST /repos/{owner}/{repo}/statuses/{sha}', params, AnyAnswer);
    });
  }

  async statuses(commit: ObjectId): Promise<Status[]> {
    const found = await latestStatuses(this.#place, commit);
    return found.map(({ context, status, description, creator }) => ({
      context,
      state: status === 'warning' ? 'failure' : status === 'skipped' ? 'error' : status,
      description: description ?? '',
      creator: String(creator?.id ?? ''),
    }));
  }

  merge(request: MergeRequest): Promise<Merged> {
    return mergeByPush({ ...this.#options }, request);
  }

  attachVerdict(head: ObjectId, verdict: Uint8Array): Promise<void> {
    return keepVerdict(this.#options.mirror, head, verdict);
  }

  lease(name: string): Promise<Note | null> {
    return readLease(this.#options.mirror, name);
  }

  moveLease(name: string, bytes: Uint8Array | null, from: ObjectId | null): Promise<ObjectId | null> {
    return moveLease(this.#options.mirror, name, { bytes, from });
  }

  async requestGate({ number, head }: { number: number; head: ObjectId }): Promise<void> {
    const place = this.#place;
    const { workflow_runs: runs } = await place.api
      .get(
        'GET /repos/{owner}/{repo}/actions/runs',
        { ...here(place), event: 'workflow_dispatch', limit: 50 },
        RunsAnswer,
      )
      .catch((error) => (hasStatus(error, 404, 405) ? { workflow_runs: [] } : Promise.reject(error)));
    if (runs.some((run) => RUNNING.includes(run.status ?? '') && run.display_title?.includes(head))) return;
    const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches';
    const inputs = { pr: String(number), head_sha: head };
    try {
      await place.api.send(route, { ...here(place), workflow_id: GATE_WORKFLOW, ref: 'main', inputs }, AnyAnswer);
    } catch (error) {
      if (!hasStatus(error, 403, 404, 405, 422)) throw error;
      throw new ForgeError(
        'refused',
        `${this.location} has no ${GATE_WORKFLOW} on main that could be asked (Gitea takes requests from 1.24 on): set registry.gate to here, or run \`pawl registry init\` (${(error as Error).message})`,
        { cause: error },
      );
    }
  }
}
