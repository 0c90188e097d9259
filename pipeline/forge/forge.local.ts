import * as z from 'zod';
import { type Git, RefMovedError } from '../../registry-repo/git.ts';
import type { Identity } from '../../registry-repo/git-commit.ts';
import { writeNote } from '../../registry-repo/note.ts';
import { ObjectId } from '../../registry-repo/values.ts';
import { attachVerdict } from '../../registry-repo/verdict/attached.ts';
import { branchRef } from './branch-ref.ts';
import { ForgeError, MergeRefusedError } from './errors.ts';
import type { Comment, Forge, Note, PullRequest, Status } from './forge.ts';
import { leaseRef, noteAt } from './lease-ref.ts';
import { mergedTree, treeOf } from './merged-tree.ts';

const MAIN = 'refs/heads/main';

/** A stored pull request: a JSON blob under `refs/pawl/pulls/<n>`, replaced by compare-and-swap. */
const Record = z.strictObject({
  number: z.int().min(1),
  title: z.string(),
  body: z.string(),
  branch: z.string(),
  head: ObjectId,
  state: z.enum(['open', 'closed', 'merged']),
  labels: z.array(z.string()),
  mergeCommit: ObjectId.nullable(),
  comments: z.array(z.strictObject({ marker: z.string(), body: z.string() })),
  approvals: z.array(z.strictObject({ head: ObjectId, by: z.string() })).default([]),
});
type Record = z.infer<typeof Record>;

const Statuses = z.array(
  z.strictObject({
    context: z.string(),
    state: z.enum(['pending', 'success', 'failure', 'error']),
    description: z.string(),
    creator: z.string(),
  }),
);

const pullRef = (number: number) => `refs/pawl/pulls/${number}`;
/**
 * This ref exists while a branch has an open pull request. With it, processes open only one pull request for each
 * branch.
 */
const openRef = (branch: string) => `refs/pawl/open/${branch}`;
/** Keeps git from collecting a closed pull request's commits. */
const headRef = (number: number) => `refs/pull/${number}/head`;
const statusRef = (commit: ObjectId) => `refs/pawl/statuses/${commit}`;

type Options = { readonly git: Git; readonly by: Identity; readonly clock: () => Date };

/**
 * A bare repository on this machine that is registry and forge together: no account, no network, any number of
 * processes. Everything is a ref or an object; every change is one `update-ref` transaction that names the old values.
 */
export class LocalForge implements Forge {
  readonly kind = 'local';
  readonly git: Git;
  readonly #by: Identity;
  readonly #clock: () => Date;

  constructor({ git, by, clock }: Options) {
    this.git = git;
    this.#by = by;
    this.#clock = clock;
  }

  get location(): string {
    return this.git.gitDir;
  }

  fileUrl(): null {
    return null;
  }

  async sync(): Promise<ObjectId> {
    const main = await this.git.resolve(MAIN);
    if (main) return main;
    throw new ForgeError('unreachable', `${this.location} has no main branch: run \`pawl registry init\``);
  }

  async pushBranch(branch: string, commit: ObjectId, expected: ObjectId | null): Promise<void> {
    const ref = branchRef(branch);
    if ((await this.git.resolve(ref)) === commit) return;
    await this.git.updateRefs([{ ref, to: commit, from: expected }]);
  }

  branch(branch: string): Promise<ObjectId | null> {
    return this.git.resolve(branchRef(branch));
  }

  async deleteBranch(branch: string): Promise<void> {
    const from = await this.branch(branch);
    if (from) await this.git.updateRefs([{ ref: branchRef(branch), to: null, from }]);
  }

  openPullRequest(request: {
    branch: string;
    title: string;
    body: string;
    labels: readonly string[];
  }): Promise<PullRequest> {
    const { branch, title, body } = request;
    const labels = [...request.labels];
    return this.#retry(async () => {
      const open = (await this.#records()).find((r) => r.branch === branch && r.state === 'open');
      if (open) return this.updatePullRequest(open.number, { title, body, labels });
      const head = await this.branch(branch);
      if (!head) throw new ForgeError('refused', `branch ${branch} does not exist: push it first`);
      const number = Math.max(0, ...(await this.#records()).map((r) => r.number)) + 1;
      const record: Record = {
        number,
        title,
        body,
        branch,
        head,
        labels,
        state: 'open',
        mergeCommit: null,
        comments: [],
        approvals: [],
      };
      const to = await this.#write(record);
      await this.git.updateRefs([
        { ref: pullRef(number), to, from: null },
        { ref: openRef(branch), to, from: null },
      ]);
      return this.#shown(record);
    });
  }

  async pullRequest(number: number): Promise<PullRequest> {
    return this.#shown((await this.#record(number)).record);
  }

  async pullRequests(filter: { state?: PullRequest['state']; branch?: string } = {}): Promise<PullRequest[]> {
    const records = await this.#records();
    const wanted = records.filter(
      (r) => (filter.state ?? r.state) === r.state && (filter.branch ?? r.branch) === r.branch,
    );
    return Promise.all(wanted.map((r) => this.#shown(r)));
  }

  updatePullRequest(
    number: number,
    change: { title?: string; body?: string; labels?: readonly string[] },
  ): Promise<PullRequest> {
    return this.#change(number, (record) => ({
      ...record,
      title: change.title ?? record.title,
      body: change.body ?? record.body,
      labels: change.labels ? [...change.labels] : record.labels,
    }));
  }

  async closePullRequest(number: number): Promise<PullRequest> {
    return this.#retry(async () => {
      const { record, blob } = await this.#record(number);
      if (record.state !== 'open') return this.#shown(record);
      const head = (await this.branch(record.branch)) ?? record.head;
      const closed: Record = { ...record, head, state: 'closed' };
      await this.git.updateRefs([
        { ref: pullRef(number), to: await this.#write(closed), from: blob },
        { ref: headRef(number), to: head, from: await this.git.resolve(headRef(number)) },
        { ref: openRef(record.branch), to: null, from: await this.git.resolve(openRef(record.branch)) },
      ]);
      return this.#shown(closed);
    });
  }

  async comment(number: number, comment: Comment): Promise<void> {
    await this.#change(number, (record) => ({
      ...record,
      comments: [...record.comments.filter((c) => c.marker !== comment.marker), { ...comment }],
    }));
  }

  async comments(number: number): Promise<Comment[]> {
    return (await this.#record(number)).record.comments;
  }

  async approvals(number: number, head: ObjectId): Promise<string[]> {
    const { approvals } = (await this.#record(number)).record;
    return approvals.filter((a) => a.head === head).map((a) => a.by);
  }

  async approve(number: number, head: ObjectId): Promise<void> {
    const by = this.#by.name;
    await this.#change(number, (record) => ({
      ...record,
      approvals: [...record.approvals.filter((a) => a.head !== head || a.by !== by), { head, by }],
    }));
  }

  setStatus(commit: ObjectId, status: Omit<Status, 'creator'>): Promise<void> {
    return this.#retry(async () => {
      const from = await this.git.resolve(statusRef(commit));
      const others = (await this.statuses(commit)).filter((s) => s.context !== status.context);
      const blob = await this.git.writeBlob(json([...others, { ...status, creator: this.#by.name }]));
      await this.git.updateRefs([{ ref: statusRef(commit), to: blob, from }]);
    });
  }

  async statuses(commit: ObjectId): Promise<Status[]> {
    const blob = await this.git.resolve(statusRef(commit));
    return blob ? Statuses.parse(JSON.parse((await this.git.blob(blob)).toString('utf8'))) : [];
  }

  async merge(request: {
    number: number;
    head: ObjectId;
    base: ObjectId;
    message: string;
  }): Promise<{ commit: ObjectId; tree: ObjectId }> {
    const { number, head, base, message } = request;
    return this.#retry(async () => {
      const { record, blob } = await this.#record(number);
      if (record.state === 'merged' && record.mergeCommit && record.head === head)
        return this.#merged(record.mergeCommit);
      await this.#checkMergeable(record, head, base);
      const tree = await mergedTree(this.git, { number, head, base });
      const commit = await this.git.writeCommit({ tree, parents: [base], message, by: this.#by, time: this.#clock() });
      await this.git.updateRefs([
        { ref: MAIN, to: commit, from: base },
        { ref: branchRef(record.branch), to: null, from: head },
        {
          ref: pullRef(number),
          to: await this.#write({ ...record, head, state: 'merged', mergeCommit: commit }),
          from: blob,
        },
        { ref: headRef(number), to: head, from: await this.git.resolve(headRef(number)) },
        { ref: openRef(record.branch), to: null, from: await this.git.resolve(openRef(record.branch)) },
      ]);
      return { commit, tree };
    });
  }

  async #checkMergeable(record: Record, head: ObjectId, base: ObjectId): Promise<void> {
    const { number, state, branch } = record;
    if (state !== 'open') throw new MergeRefusedError('not-open', `pull request ${number} is ${state}`);
    if ((await this.branch(branch)) !== head)
      throw new MergeRefusedError('head-moved', `pull request ${number} is no longer at ${head}`);
    if ((await this.sync()) !== base) throw new MergeRefusedError('base-moved', `main is no longer at ${base}`);
  }

  async attachVerdict(head: ObjectId, verdict: Uint8Array): Promise<void> {
    await attachVerdict(this.git, head, verdict);
  }

  async lease(name: string): Promise<Note | null> {
    return noteAt(this.git, await this.git.resolve(leaseRef(name)));
  }

  async moveLease(name: string, bytes: Uint8Array | null, from: ObjectId | null): Promise<ObjectId | null> {
    const to = bytes && (await writeNote(this.git, bytes));
    await this.git.updateRefs([{ ref: leaseRef(name), to, from }]);
    return to;
  }

  requestGate(): Promise<void> {
    return Promise.reject(
      new ForgeError('refused', 'a local registry has no workflows: its gate runs here (registry.gate: here)'),
    );
  }

  async #merged(commit: ObjectId): Promise<{ commit: ObjectId; tree: ObjectId }> {
    return { commit, tree: await treeOf(this.git, commit) };
  }

  async #change(number: number, change: (record: Record) => Record): Promise<PullRequest> {
    return this.#retry(async () => {
      const { record, blob } = await this.#record(number);
      const changed = change(record);
      const to = await this.#write(changed);
      if (to !== blob) await this.git.updateRefs([{ ref: pullRef(number), to, from: blob }]);
      return this.#shown(changed);
    });
  }

  async #shown({ comments: _, approvals: __, ...record }: Record): Promise<PullRequest> {
    const head = record.state === 'open' ? ((await this.branch(record.branch)) ?? record.head) : record.head;
    return { ...record, head, fork: false, url: `${this.location}#${record.number}` };
  }

  async #record(number: number): Promise<{ record: Record; blob: ObjectId }> {
    const blob = await this.git.resolve(pullRef(number));
    if (!blob) throw new ForgeError('no_such_pull_request', `${this.location} has no pull request ${number}`);
    return { record: await this.#read(blob), blob };
  }

  async #records(): Promise<Record[]> {
    const refs = await this.git.refs('refs/pawl/pulls/');
    const records = await Promise.all(refs.map(({ oid }) => this.#read(oid)));
    return records.sort((a, b) => a.number - b.number);
  }

  async #read(blob: ObjectId): Promise<Record> {
    return Record.parse(JSON.parse((await this.git.blob(blob)).toString('utf8')));
  }

  #write(record: Record): Promise<ObjectId> {
    return this.git.writeBlob(json(record));
  }

  /** Repeats a read-modify-write that lost a race. Each loss means that another process succeeded. */
  async #retry<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof RefMovedError) || attempt === 20) throw error;
      }
    }
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
