import type { Git } from '../../registry-repo/git.ts';
import type { ObjectId } from '../../registry-repo/values.ts';

/** A request to change the registry's main branch. Labels, title and comments are for people; no decision uses them. */
export type PullRequest = {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly branch: string;
  /** The commit that the branch names now. */
  readonly head: ObjectId;
  readonly state: 'open' | 'closed' | 'merged';
  readonly labels: readonly string[];
  /** The commit on main, once merged. */
  readonly mergeCommit: ObjectId | null;
  /** Whether the branch is in another repository: then Pawl did not push its content. */
  readonly fork: boolean;
};

export type Status = {
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  readonly description: string;
  /** The account that set it: the forge's permanent id, because a name may change hands. */
  readonly creator: string;
};

export type Comment = { readonly marker: string; readonly body: string };

/**
 * Why a merge was refused; nothing was merged. After `base-moved` and `head-moved` the caller decides again. After
 * `behind` it puts the same change on top of main, because this forge merges nothing else. `not-approved` waits for
 * people's approval; the others need a person.
 */
export type MergeRefusal =
  | 'head-moved'
  | 'base-moved'
  | 'behind'
  | 'not-open'
  | 'conflict'
  | 'not-approved'
  | 'not-allowed';

/** A few bytes that the forge keeps under a name; `oid` is the condition for replacing them. */
export type Note = { readonly oid: ObjectId; readonly bytes: Uint8Array };

/**
 * What hosts a registry and its pull requests. Every method may be repeated after a crash and has its effect once. Its
 * git side is a bare repository on this machine: the registry itself, or a mirror that `sync` updates.
 *
 * @throws {ForgeError} from every method, when the forge cannot be reached or refuses
 */
export type Forge = {
  readonly kind: string;
  /** Where people find the registry: a path or a URL. */
  readonly location: string;
  readonly git: Git;

  /** Where a browser finds the exact bytes of a file at a commit; null if there is no such place. Sends no request. */
  fileUrl(commit: ObjectId, path: string): string | null;

  /** Fetches what is new. @returns the tip of main */
  sync(): Promise<ObjectId>;

  /**
   * Sets a branch to a commit, only if it is at the commit that the caller expects (null: it does not exist). A branch
   * that is at the new commit already is not changed. @throws {RefMovedError}
   */
  pushBranch(branch: string, commit: ObjectId, expected: ObjectId | null): Promise<void>;
  /** The commit of a branch, or null. */
  branch(branch: string): Promise<ObjectId | null>;
  /** Deletes a branch; a missing branch is no error. */
  deleteBranch(branch: string): Promise<void>;

  /** Opens a pull request from a branch into main, or updates the text of the open one: a branch has one at most. */
  openPullRequest(request: {
    branch: string;
    title: string;
    body: string;
    labels: readonly string[];
  }): Promise<PullRequest>;
  /** @throws {ForgeError} `no_such_pull_request` */
  pullRequest(number: number): Promise<PullRequest>;
  pullRequests(filter?: { state?: PullRequest['state']; branch?: string }): Promise<PullRequest[]>;
  updatePullRequest(
    number: number,
    change: { title?: string; body?: string; labels?: readonly string[] },
  ): Promise<PullRequest>;
  /** Closes without merging; a closed one is not changed. */
  closePullRequest(number: number): Promise<PullRequest>;

  /** Writes a comment, or replaces the one with the same marker. */
  comment(number: number, comment: Comment): Promise<void>;
  comments(number: number): Promise<Comment[]>;

  /**
   * Permanent ids of those who approve exactly this commit of the pull request now. A reviewer who has requested
   * changes since does not count.
   */
  approvals(number: number, head: ObjectId): Promise<string[]>;
  /** Approves a commit of the pull request, as the account that Pawl runs as. */
  approve(number: number, head: ObjectId): Promise<void>;

  setStatus(commit: ObjectId, status: Omit<Status, 'creator'>): Promise<void>;
  /** The latest status of each context on exactly this commit. */
  statuses(commit: ObjectId): Promise<Status[]>;

  /**
   * Puts the pull request's changes on main as one commit on top of `base`, if the branch is still at `head` and main
   * at `base`.
   *
   * @throws {MergeRefusedError} if anything differs from what the caller expected
   */
  merge(request: {
    number: number;
    head: ObjectId;
    base: ObjectId;
    message: string;
  }): Promise<{ commit: ObjectId; tree: ObjectId }>;

  /**
   * Stores a verdict's bytes (DSSE) with the commit it judged, under `verdictRef`. The same bytes again change nothing;
   * a later verdict replaces none.
   */
  attachVerdict(head: ObjectId, verdict: Uint8Array): Promise<void>;

  /**
   * The content of `leaseRef` at the forge now, or null. It tells which process is working on a model. Every account
   * that may push may write anything there.
   */
  lease(name: string): Promise<Note | null>;
  /**
   * Replaces it, only if it is what the caller expects (null: nothing); null deletes it.
   *
   * @returns the new note's id @throws {RefMovedError} if another process was faster
   */
  moveLease(name: string, bytes: Uint8Array | null, from: ObjectId | null): Promise<ObjectId | null>;

  /**
   * Asks the registry's own workflow to judge one exact commit of a pull request. Asking twice judges once: a commit
   * with a verdict is not scored again. @throws {ForgeError} `refused` where there is no workflow to ask
   */
  requestGate(request: { number: number; head: ObjectId }): Promise<void>;
};
