import { LogBranchError, type StoreError } from './errors.ts';
import { positionOf, type Segment } from './segments.ts';

/** A commit of the branch, and what it changed against its first parent. */
export type LogCommit = {
  readonly oid: string;
  readonly parents: readonly string[];
  readonly changes: readonly {
    /** `A` for added, `M` for modified, `D` for deleted, and so on. */
    readonly status: string;
    readonly mode: string;
    readonly blob: string;
    readonly path: string;
  }[];
};

/** The result of a push; after `failed` it is not known whether the push arrived. */
export type Pushed =
  | { readonly state: 'pushed' }
  /** Another writer was faster. */
  | { readonly state: 'raced'; readonly why: string }
  /** @property again whether a retry may succeed */
  | { readonly state: 'failed'; readonly error: StoreError; readonly again: boolean };

/**
 * The branch of a git repository that is the log: one commit an append, each adding one file.
 *
 * @throws {StoreError} from every method, when the repository cannot be reached or read
 */
export type LogBranch = {
  /** Names branch and repository in messages. */
  readonly location: string;
  /** Asks the repository for the branch's last commit; null if there is no such branch. */
  tip(): Promise<string | null>;
  /** Fetches the branch's objects. */
  fetch(): Promise<void>;
  /** Commits up to `tip`, oldest first, without those up to `after` (null: all). */
  commits(after: string | null, tip: string): Promise<LogCommit[]>;
  /** The bytes of blobs, in order, as they arrive. */
  read(blobs: readonly string[]): AsyncIterable<Buffer>;
  /** Makes commits, one for each segment, the first on `parent`; nothing is pushed. @returns the last one */
  write(parent: string | null, segments: readonly (Segment & { readonly message: string })[]): Promise<string>;
  /** Moves the branch from one commit (null: not there yet) to a later one, only if it is still there. */
  push(from: string | null, to: string): Promise<Pushed>;
  close(): Promise<void>;
};

const short = (oid: string): string => oid.slice(0, 12);

/** The branch holds what appends cannot have written; the message says what to do about it. */
export function brokenBranch(location: string, good: string | null, what: string, options?: ErrorOptions) {
  return new LogBranchError(
    `${what}; the log on ${location} is appended to and never changed, so nothing of this was taken over: find out who pushed it, ` +
      `and ${good === null ? 'restore the branch from a copy that `pawl audit` finds intact' : `put the branch back to ${good}, the last commit known to be good here`}`,
    options,
  );
}

/**
 * Checks that commits are what appends make of the branch: a line that continues from the last known commit, each
 * adding one segment.
 *
 * @param after the last commit known to be good, null for none
 * @throws {LogBranchError}
 */
export function checkCommits(
  { location }: Pick<LogBranch, 'location'>,
  after: string | null,
  commits: readonly LogCommit[],
): void {
  const merge = commits.find((c) => c.parents.length > 1); // checked first: a branch with a merge is no line
  if (merge) throw brokenBranch(location, after, `commit ${short(merge.oid)} is a merge`);
  let previous = after;
  for (const { oid, parents, changes } of commits) {
    const refuse = (what: string) => brokenBranch(location, after, `commit ${short(oid)} ${what}`);
    if ((parents[0] ?? null) !== previous)
      throw refuse(previous === null ? 'has a parent that is missing' : `does not follow ${short(previous)}`);
    const [change] = changes;
    const wrong = changes.find((c) => c.status !== 'A') ?? (changes.length === 1 ? undefined : change);
    if (wrong) throw refuse(`${VERBS[wrong.status] ?? 'changes'} ${JSON.stringify(wrong.path)}`);
    if (!change) throw refuse('adds nothing');
    if (positionOf(change.path) === null || change.mode !== '100644')
      throw refuse(`adds ${JSON.stringify(change.path)}, which is no segment`);
    previous = oid;
  }
  if (commits.length === 0)
    throw brokenBranch(location, after, `the branch was taken back to before ${short(after ?? '')}`);
}

const VERBS: Record<string, string> = { A: 'also adds', M: 'edits', D: 'deletes', T: 'replaces' };
