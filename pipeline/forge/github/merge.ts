import type { Git } from '../../../registry-repo/git.ts';
import { RefMovedError } from '../../../registry-repo/git.ts';
import type { Identity } from '../../../registry-repo/git-commit.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import { ForgeError, MergeRefusedError, MergeUnfaithfulError } from '../errors.ts';
import type { MergeRefusal } from '../forge.ts';
import { mergedTree, treeOf } from '../merged-tree.ts';
import type { Mirror } from '../mirror.ts';
import { ApiError } from '../rest/failures.ts';
import { here, type Place, pause } from '../rest/place.ts';
import { MergeAnswer, type PullAnswer } from './answers.ts';
import { editPull, getPull, isMerged, mergeOnMain } from './pulls.ts';

export type MergeRequest = {
  readonly number: number;
  readonly head: ObjectId;
  readonly base: ObjectId;
  readonly message: string;
};

export type Merged = { readonly commit: ObjectId; readonly tree: ObjectId };

type Ports = { readonly place: Place; readonly mirror: Mirror; readonly by: Identity; readonly clock: () => Date };

/**
 * Merges through the forge: squashed, with the head that was judged as a condition. The forge has no condition for the
 * base, so the branch must be on top of main; that is checked just before. The result is checked afterwards, because an
 * answer of 200 does not prove a merge.
 *
 * @throws {MergeRefusedError} @throws {MergeUnfaithfulError}
 */
export async function mergeByApi(ports: Ports, request: MergeRequest): Promise<Merged> {
  const { place, mirror } = ports;
  const before = await lookBefore(ports, request);
  if (before) return before;
  const { number, head, message } = request;
  const [title = '', ...rest] = message.split('\n');
  const params = {
    ...here(place),
    pull_number: number,
    sha: head,
    merge_method: 'squash',
    commit_title: title,
    commit_message: rest.join('\n').trim(),
  };
  for (let attempt = 1; ; attempt++) {
    const failed = await place.api
      .send('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', params, MergeAnswer)
      .then(() => null, onlyForgeErrors);
    const after = await mergedAs(ports, request);
    if (after) return checked(mirror.git, request, after);
    const refusal = await refusalOf(ports, request, failed);
    if (attempt === 4 || !mayPass(failed, refusal)) throw refusal;
    await pause(place, attempt);
  }
}

function onlyForgeErrors(error: unknown): ForgeError {
  if (error instanceof ForgeError) return error;
  throw error;
}

/**
 * Whether a retry may help: the forge cannot be reached, or has not yet computed whether it can merge what was pushed a
 * moment ago.
 */
function mayPass(failed: ForgeError | null, refusal: Error): boolean {
  if (refusal === failed) return failed.reason === 'unreachable';
  if (!(refusal instanceof MergeRefusedError) || refusal.refusal !== 'not-allowed') return false;
  return failed instanceof ApiError && /not mergeable|base branch was modified/i.test(failed.said);
}

/**
 * Merges where the forge's own merge ignores conditions: the commit is made here, and pushed only if main has not moved
 * since it was read.
 */
export async function mergeByPush(ports: Ports, request: MergeRequest): Promise<Merged> {
  const { place, mirror, by, clock } = ports;
  const before = await lookBefore(ports, request);
  if (before) return before;
  const { number, head, base, message } = request;
  const tree = await mergedTree(mirror.git, { number, head, base });
  const commit = await mirror.git.writeCommit({ tree, parents: [base], message, by, time: clock() });
  try {
    await mirror.push({ ref: 'refs/heads/main', to: commit, from: base });
  } catch (error) {
    if (error instanceof RefMovedError) throw new MergeRefusedError('base-moved', `main is no longer at ${base}`);
    throw error;
  }
  await mirror.sync();
  const after = await getPull(place, number);
  if (after.state === 'open') await editPull(place, number, { state: 'closed' });
  return { commit, tree };
}

/** The checks that need no request to merge. @returns the merge, if it is done already */
async function lookBefore({ place, mirror }: Ports, { number, head, base }: MergeRequest): Promise<Merged | null> {
  const pull = await getPull(place, number);
  const tip = await mirror.sync();
  const done = isMerged(pull) || pull.state === 'closed' ? await mergeCommitOf(mirror.git, tip, pull) : null;
  if (done && pull.head.sha === head) {
    await mirror.has(head, `refs/pull/${number}/head`);
    const [parent = ''] = (await mirror.git.commit(done)).parents;
    return checked(mirror.git, { head, base: parent }, done);
  }
  if (pull.state !== 'open')
    throw new MergeRefusedError('not-open', `pull request ${number} is ${done ? 'merged' : 'closed'}`);
  if (pull.head.sha !== head)
    throw new MergeRefusedError('head-moved', `pull request ${number} is no longer at ${head}`);
  if (tip !== base) throw new MergeRefusedError('base-moved', `main is no longer at ${base}`);
  await mirror.has(head, `refs/heads/${pull.head.ref}`, `refs/pull/${number}/head`);
  const [fork] = await mirror.git.mergeBases(base, head);
  if (fork === base) return null;
  await mergedTree(mirror.git, { number, head, base }); // a collision has another cause than being behind
  throw new MergeRefusedError('behind', `pull request ${number} is not on top of main at ${base}`);
}

/** The commit that merged it, as the forge or main itself says. @param tip of main */
export async function mergeCommitOf(git: Git, tip: ObjectId, pull: PullAnswer): Promise<ObjectId | null> {
  const told = isMerged(pull) ? pull.merge_commit_sha : null;
  if (told && (await git.commitId(told)) && (await git.isAncestor(told, tip))) return told;
  return mergeOnMain(git, tip, pull.number);
}

async function mergedAs({ place, mirror }: Ports, { number }: MergeRequest): Promise<ObjectId | null> {
  const tip = await mirror.sync();
  const pull = await getPull(place, number);
  return isMerged(pull) || pull.state === 'closed'
    ? mergeCommitOf(mirror.git, tip, pull)
    : mergeOnMain(mirror.git, tip, number);
}

/**
 * A person may have pressed the forge's own button first: then the commit may have the head as its second parent, and
 * any message. A verdict is found by what a commit holds. @throws {MergeUnfaithfulError} if main does not hold what was
 * judged
 */
async function checked(
  git: Git,
  { head, base }: Pick<MergeRequest, 'head' | 'base'>,
  commit: ObjectId,
): Promise<Merged> {
  const [tree, meant] = [await treeOf(git, commit), await treeOf(git, head)];
  const { parents } = await git.commit(commit);
  const [parent, ...merged] = parents;
  if (parent !== base || merged.some((oid) => oid !== head))
    throw new MergeUnfaithfulError(
      commit,
      `its parent is ${parents.join(' and ')}, not ${base}, which was judged against`,
    );
  if (tree !== meant) throw new MergeUnfaithfulError(commit, `its tree is ${tree}, not ${meant}, which was judged`);
  return { commit, tree };
}

/** Why nothing was merged: what can be read now counts more than the forge's message. */
async function refusalOf(
  { place, mirror }: Ports,
  { number, head, base }: MergeRequest,
  cause: ForgeError | null,
): Promise<Error> {
  const refused = (why: MergeRefusal, message: string) => new MergeRefusedError(why, message, { cause });
  const pull = await getPull(place, number);
  if (pull.state !== 'open') return refused('not-open', `pull request ${number} is closed`);
  if (pull.head.sha !== head) return refused('head-moved', `pull request ${number} is no longer at ${head}`);
  if ((await mirror.sync()) !== base) return refused('base-moved', `main is no longer at ${base}`);
  const said = cause instanceof ApiError ? cause.said : 'the forge answered as if it had merged, and had not';
  const why = said.replace(/review and try the merge again/i, '');
  const status = cause instanceof ApiError ? cause.status : null;
  if (cause instanceof ForgeError && cause.reason === 'unreachable') return cause;
  if (status === 401 || status === 404) return cause as Error;
  if (/approv|review/i.test(why)) return refused('not-approved', said);
  if (/conflict/i.test(said)) return refused('conflict', said);
  if (/behind|out.of.date|up.to.date/i.test(said)) return refused('behind', said);
  if (status === 409 || /head branch was modified/i.test(said)) return refused('head-moved', said);
  return refused('not-allowed', `the forge does not merge pull request ${number}: ${said}`);
}
