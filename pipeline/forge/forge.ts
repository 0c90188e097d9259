import type { Git } from '../../registry-repo/git.ts';
import type { ObjectId } from '../../registry-repo/values.ts';

/** A request to change the registry's main branch. Labels, title and comments are for people; nothing decides by them. */
export type PullRequest = {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly branch: string;
  /** The commit the branch is at now. */
  readonly head: ObjectId;
  readonly state: 'open' | 'closed' | 'merged';
  readonly labels: readonly string[];
  /** The commit on main, once merged. */
  readonly mergeCommit: ObjectId | null;
  /** Whether the branch is in another repository: what is in it was never ours to push. */
  readonly fork: boolean;
};

export type Status = {
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  readonly description: string;
  /** Who set it: the forge's own lasting id of the account, as a name may change hands. */
  readonly creator: string;
};

export type Comment = { readonly marker: string; readonly body: string };

/**
 * Why a merge was refused; nothing was merged. `base-moved` and `head-moved` call for a new look; `behind` for the same change
 * on top of main, because this forge merges nothing else; `not-approved` for people's approval; the others for a person.
 */
export type MergeRefusal =
  | 'head-moved'
  | 'base-moved'
  | 'behind'
  | 'not-open'
  | 'conflict'
  | 'not-approved'
  | 'not-allowed';

/** A few bytes that the forge keeps under a name; `oid` is what they are replaced by. */
export type Note = { readonly oid: ObjectId; readonly bytes: Uint8Array };

/**
 * What hosts a registry and its pull requests. Every method may be repeated after a crash without doing a thing twice.
 * Its git side is a bare repository on this machine: the registry itself, or a mirror of it that `sync` brings up to date.
 *
 * @throws {ForgeError} from every method, when the forge cannot be reached or refuses
 */
export type Forge = {
  readonly kind: string;
  /** Where the registry is, for people: a path or a URL. */
  readonly location: string;
  readonly git: Git;

  /** Where a browser finds a file as it is at a commit, byte for byte; null if there is no such place. Asks nobody. */
  fileUrl(commit: ObjectId, path: string): string | null;

  /** Fetches what is new. @returns the tip of main */
  sync(): Promise<ObjectId>;

  /**
   * Sets a branch to a commit, only if it is where the caller believes (null: not there yet).
   * A branch that is at the commit already is left alone. @throws {RefMovedError}
   */
  pushBranch(branch: string, commit: ObjectId, expected: ObjectId | null): Promise<void>;
  /** The commit of a branch, or null. */
  branch(branch: string): Promise<ObjectId | null>;
  /** Deleting a branch that is gone changes nothing. */
  deleteBranch(branch: string): Promise<void>;

  /** Opens a pull request from a branch into main, or brings the text of the open one up to date: one branch has one. */
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
  /** Closes without merging; closing what is closed changes nothing. */
  closePullRequest(number: number): Promise<PullRequest>;

  /** Writes a comment, or replaces the one with the same marker. */
  comment(number: number, comment: Comment): Promise<void>;
  comments(number: number): Promise<Comment[]>;

  /** Who approves of exactly this commit of the pull request now, by lasting id; whoever asked for changes since does not. */
  approvals(number: number, head: ObjectId): Promise<string[]>;
  /** Approves of a commit of the pull request, as whoever runs this. */
  approve(number: number, head: ObjectId): Promise<void>;

  setStatus(commit: ObjectId, status: Omit<Status, 'creator'>): Promise<void>;
  /** The latest status of each context on exactly this commit. */
  statuses(commit: ObjectId): Promise<Status[]>;

  /**
   * Puts the pull request's changes on main as one commit on top of `base`, if the branch is still at `head` and main at `base`.
   *
   * @throws {MergeRefusedError} if anything is not as the caller believed
   */
  merge(request: {
    number: number;
    head: ObjectId;
    base: ObjectId;
    message: string;
  }): Promise<{ commit: ObjectId; tree: ObjectId }>;

  /**
   * Keeps a verdict's bytes (DSSE) with the commit it judged, under `verdictRef`; the same bytes again change nothing, and
   * a later verdict replaces none.
   */
  attachVerdict(head: ObjectId, verdict: Uint8Array): Promise<void>;

  /** What stands under `leaseRef` at the forge now, or null: who is at something. Whoever may push may write anything there. */
  lease(name: string): Promise<Note | null>;
  /**
   * Replaces it, only if it is what the caller believes (null: nothing); null takes it away.
   *
   * @returns the new note's id @throws {RefMovedError} if somebody else was faster
   */
  moveLease(name: string, bytes: Uint8Array | null, from: ObjectId | null): Promise<ObjectId | null>;

  /**
   * Asks the registry's own workflow to judge one exact commit of a pull request. Asking twice judges once: a commit that has
   * its verdict is not scored again. @throws {ForgeError} `refused` where nothing can be asked
   */
  requestGate(request: { number: number; head: ObjectId }): Promise<void>;
};
