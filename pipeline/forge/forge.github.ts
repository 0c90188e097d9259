import type { Git } from '../../registry-repo/git.ts';
import type { Identity } from '../../registry-repo/git-commit.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { Branches, keepVerdict } from './branches.ts';
import { ForgeError } from './errors.ts';
import type { Comment, Forge, Note, PullRequest, Status } from './forge.ts';
import {
  AccountAnswer,
  AnyAnswer,
  PullAnswer as Pull,
  type PullAnswer,
  RunsAnswer,
  StatusAnswer,
} from './github/answers.ts';
import { approvalsOf } from './github/approvals.ts';
import { ownComments, writeComment } from './github/comments.ts';
import { type Credentials, refuseJobToken } from './github/credentials.ts';
import { type Merged, type MergeRequest, mergeByApi, mergeByPush, mergeCommitOf } from './github/merge.ts';
import { editPull, getPull, isFork, isMerged, listPulls, setLabels, shownPull } from './github/pulls.ts';
import { moveLease, readLease } from './lease-ref.ts';
import type { Mirror } from './mirror.ts';
import { hasStatus } from './rest/failures.ts';
import { here, type Place, pause, until, untilDone } from './rest/place.ts';

export const GATE_WORKFLOW = 'promotion-gate.yml';
/** Length of a status' description: GitHub refuses longer ones. */
const MAX_DESCRIPTION = 140;

export type GitHubForgeOptions = {
  readonly place: Place;
  readonly mirror: Mirror;
  readonly credentials: Credentials;
  /** Where browsers find the repository, as `https://github.com/owner/name`. */
  readonly web: string;
  /** How to merge: by the API or, if the server's API does not enforce conditions, by a push of Pawl's own. */
  readonly merge: 'api' | 'push';
  readonly by: Identity;
  readonly clock: () => Date;
};

/** A registry on GitHub, or on a server with GitHub's API. Branches move by git; the rest uses the API. */
export class GitHubForge implements Forge {
  readonly kind = 'github';
  readonly git: Git;
  readonly #options: GitHubForgeOptions;
  readonly #branches: Branches;
  #account: Promise<string> | undefined;
  /** Where Pawl put branches: the API may show the previous commit for a moment. */
  readonly #pushed = new Map<string, ObjectId>();

  constructor(options: GitHubForgeOptions) {
    this.#options = options;
    this.#branches = new Branches(options.mirror);
    this.git = options.mirror.git;
  }

  /** The client for requests. */
  get connection(): Pick<GitHubForgeOptions, 'place' | 'mirror' | 'credentials'> {
    return this.#options;
  }

  get location(): string {
    return this.#options.web;
  }

  get #place(): Place {
    return this.#options.place;
  }

  fileUrl(commit: ObjectId, path: string): string {
    return `${this.location}/raw/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  sync(): Promise<ObjectId> {
    return this.#options.mirror.sync();
  }

  async pushBranch(branch: string, commit: ObjectId, expected: ObjectId | null): Promise<void> {
    await this.#branches.push(branch, commit, expected);
    this.#pushed.set(branch, commit);
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
    refuseJobToken(this.#options.credentials);
    const { branch, title, body, labels } = request;
    const pull = await this.#opened(branch, { title, body });
    return this.updatePullRequest(pull.number, { title, body, labels });
  }

  /** The forge allows one open pull request for each branch. If an answer was lost, the pull request is looked for. */
  async #opened(branch: string, text: { title: string; body: string }): Promise<PullAnswer> {
    for (let attempt = 1; ; attempt++) {
      const [known] = await listPulls(this.#place, 'open', branch);
      if (known) return known;
      if (!(await this.branch(branch)))
        throw new ForgeError('refused', `branch ${branch} does not exist: push it first`);
      try {
        const params = { ...here(this.#place), ...text, head: branch, base: 'main' };
        return await this.#place.api.send('POST /repos/{owner}/{repo}/pulls', params, Pull);
      } catch (error) {
        const again = hasStatus(error, 409, 422) || (error instanceof ForgeError && error.reason === 'unreachable');
        if (!again || attempt === 3) throw error;
        await pause(this.#place, attempt);
      }
    }
  }

  async pullRequest(number: number): Promise<PullRequest> {
    try {
      const pull = await this.#settled(await getPull(this.#place, number));
      return await this.#shown(pull, () => this.sync());
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      throw new ForgeError('no_such_pull_request', `${this.location} has no pull request ${number}`, { cause: error });
    }
  }

  async pullRequests(filter: { state?: PullRequest['state']; branch?: string } = {}): Promise<PullRequest[]> {
    const state = filter.state === undefined ? 'all' : filter.state === 'open' ? 'open' : 'closed';
    const found = await listPulls(this.#place, state, filter.branch);
    const shown: PullRequest[] = [];
    let tip: Promise<ObjectId> | undefined;
    const sync = () => {
      tip ??= this.sync();
      return tip;
    };
    for (const pull of found) shown.push(await this.#shown(pull, sync));
    return shown.filter((p) => (filter.state ?? p.state) === p.state).sort((a, b) => a.number - b.number);
  }

  /** An answer from before Pawl's own push would look as if another person had moved the branch back. */
  async #settled(first: PullAnswer): Promise<PullAnswer> {
    const { ref } = first.head;
    const ours = this.#pushed.get(ref);
    const settled = ({ state, head }: PullAnswer) => state !== 'open' || head.sha === ours;
    if (ours === undefined || isFork(first) || settled(first)) return first;
    if ((await this.branch(ref)) === ours) {
      const read = () => getPull(this.#place, first.number);
      return until(this.#place, read, settled);
    }
    this.#pushed.delete(ref);
    return first;
  }

  /** Afterwards the objects of the returned pull requests are here; a fork's are not fetched. */
  async #shown(pull: PullAnswer, sync: () => Promise<ObjectId>): Promise<PullRequest> {
    const { mirror } = this.#options;
    const ended = pull.state === 'closed';
    const tip = ended ? await sync() : null;
    const commit = tip ? await mergeCommitOf(this.git, tip, pull) : null;
    const shown = shownPull(pull, commit);
    if (!shown.fork && (isMerged(pull) || !ended))
      await mirror.has(shown.head, `refs/heads/${shown.branch}`, `refs/pull/${shown.number}/head`);
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
    await untilDone(this.#place, async () => {
      if ((await getPull(this.#place, number)).state === 'open')
        await editPull(this.#place, number, { state: 'closed' });
    });
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
    const { credentials } = this.#options;
    this.#account ??= (credentials.account ?? (() => this.#askWhoIAm(credentials.kind)))().catch((error) => {
      this.#account = undefined;
      throw error;
    });
    return this.#account;
  }

  async #askWhoIAm(kind: Credentials['kind']): Promise<string> {
    const { api } = this.#place;
    const route = kind === 'actions' ? 'GET /users/{username}' : 'GET /user';
    return String(
      (await api.get(route, kind === 'actions' ? { username: 'github-actions[bot]' } : {}, AccountAnswer)).id,
    );
  }

  approvals(number: number, head: ObjectId): Promise<string[]> {
    return approvalsOf(this.#place, number, head);
  }

  async approve(number: number, head: ObjectId): Promise<void> {
    const params = { ...here(this.#place), pull_number: number, commit_id: head, event: 'APPROVE' };
    const me = await this.#me();
    await untilDone(this.#place, async () => {
      if ((await approvalsOf(this.#place, number, head)).includes(me)) return;
      await this.#place.api.send('POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews', params, AnyAnswer);
    });
  }

  async setStatus(commit: ObjectId, status: Omit<Status, 'creator'>): Promise<void> {
    const { context, state } = status;
    const description = status.description.slice(0, MAX_DESCRIPTION);
    const same = (s: Status) => s.context.toLowerCase() === context.toLowerCase() && s.state === state;
    for (let attempt = 1; ; attempt++) {
      try {
        const params = { ...here(this.#place), sha: commit, context, state, description };
        await this.#place.api.send('POST /repos/{owner}/{repo}/statuses/{sha}', params, AnyAnswer);
        return;
      } catch (error) {
        if (!(error instanceof ForgeError) || error.reason !== 'unreachable') throw error;
        if ((await this.statuses(commit)).some((s) => same(s) && s.description === description)) return;
        if (attempt === 3) throw error;
        await pause(this.#place, attempt);
      }
    }
  }

  async statuses(commit: ObjectId): Promise<Status[]> {
    const route = 'GET /repos/{owner}/{repo}/commits/{ref}/statuses';
    const found = await this.#place.api.list(route, { ...here(this.#place), ref: commit }, StatusAnswer);
    const latest = new Map<string, Status>(); // the newest comes first
    for (const { context, state, description, creator } of found) {
      const key = context.toLowerCase();
      if (!latest.has(key))
        latest.set(key, { context, state, description: description ?? '', creator: String(creator?.id ?? '') });
    }
    return [...latest.values()];
  }

  merge(request: MergeRequest): Promise<Merged> {
    const { place, mirror, by, clock, merge } = this.#options;
    return (merge === 'api' ? mergeByApi : mergeByPush)({ place, mirror, by, clock }, request);
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
    const params = { ...here(place), workflow_id: GATE_WORKFLOW };
    const latest = { ...params, event: 'workflow_dispatch', per_page: 100 };
    const { workflow_runs: runs } = await place.api
      .get('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', latest, RunsAnswer)
      .catch((error) => (hasStatus(error, 404, 405, 501) ? { workflow_runs: [] } : Promise.reject(error)));
    if (runs.some((run) => run.status !== 'completed' && run.display_title?.includes(head))) return;
    const inputs = { pr: String(number), head_sha: head };
    try {
      await place.api.send(
        'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
        { ...params, ref: 'main', inputs },
        AnyAnswer,
      );
    } catch (error) {
      if (!hasStatus(error, 404, 422)) throw error;
      throw new ForgeError(
        'refused',
        `${this.location} has no ${GATE_WORKFLOW} on main that could be asked: run \`pawl registry init\`, or set registry.gate to here (${(error as Error).message})`,
        { cause: error },
      );
    }
  }
}
