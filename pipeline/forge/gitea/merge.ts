import type { Git } from '../../../registry-repo/git.ts';
import { RefMovedError } from '../../../registry-repo/git.ts';
import type { Identity } from '../../../registry-repo/git-commit.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import { ForgeError, MergeRefusedError, MergeUnfaithfulError } from '../errors.ts';
import type { Merged, MergeRequest } from '../github/merge.ts';
import { mergeOnMain } from '../github/pulls.ts';
import { mergedTree, treeOf } from '../merged-tree.ts';
import type { Mirror } from '../mirror.ts';
import { hasStatus } from '../rest/failures.ts';
import { here, type Place, untilDone } from '../rest/place.ts';
import { AnyAnswer, type PullAnswer } from './answers.ts';
import { editPull, getPull } from './pulls.ts';

type Ports = { readonly place: Place; readonly mirror: Mirror; readonly by: Identity; readonly clock: () => Date };

/**
 * Merges by a push of Pawl's own that succeeds only on the main it was made for, and tells the forge afterwards. The
 * forge's own merge has a condition for the head and none for the base: of two merges at once, one would land on a main
 * that it was not judged against. The branch's protection names the accounts that may push here.
 *
 * @throws {MergeRefusedError} @throws {MergeUnfaithfulError} @throws {ForgeError}
 */
export async function mergeByPush(ports: Ports, request: MergeRequest): Promise<Merged> {
  const { mirror, by, clock } = ports;
  const { git } = mirror;
  const { number, head, base, message } = request;
  const pull = await getPull(ports.place, number);
  const tip = await mirror.sync();
  const done = await mergeCommitOf(git, tip, pull);
  if (done && pull.head.sha === head) return marked(ports, number, await faithful(ports, request, done));
  refuseWhatMoved(pull, { ...request, tip, done });
  await mirror.has(head, `refs/heads/${pull.head.ref}`, `refs/pull/${number}/head`);
  const tree = await mergedTree(git, { number, head, base });
  const commit = await git.writeCommit({ tree, parents: [base], message, by, time: clock() });
  await mirror.push({ ref: 'refs/heads/main', to: commit, from: base }).catch((error) => {
    throw refusalOf(error, base);
  });
  await mirror.sync();
  return marked(ports, number, { commit, tree });
}

function refuseWhatMoved(
  { state, merged, head: now }: PullAnswer,
  { number, head, base, tip, done }: MergeRequest & { tip: ObjectId; done: ObjectId | null },
): void {
  if (state !== 'open' || merged || done)
    throw new MergeRefusedError('not-open', `pull request ${number} is ${merged || done ? 'merged' : 'closed'}`);
  if (now.sha !== head) throw new MergeRefusedError('head-moved', `pull request ${number} is no longer at ${head}`);
  if (tip !== base) throw new MergeRefusedError('base-moved', `main is no longer at ${base}`);
}

function refusalOf(error: unknown, base: ObjectId): unknown {
  const cause = { cause: error };
  if (error instanceof RefMovedError) return new MergeRefusedError('base-moved', `main is no longer at ${base}`, cause);
  if (!(error instanceof ForgeError) || error.reason !== 'refused') return error;
  return new MergeRefusedError(
    'not-allowed',
    `the forge does not let this account push to main: \`pawl registry init\` with registry.gateAccount gives it that right (${error.message})`,
    cause,
  );
}

/** The commit on main that merged a pull request, as the forge or main itself says. @param tip of main */
export async function mergeCommitOf(git: Git, tip: ObjectId, pull: PullAnswer): Promise<ObjectId | null> {
  const told = pull.merged ? pull.mergeCommit : null;
  if (told && (await git.commitId(told)) && (await git.isAncestor(told, tip))) return told;
  return mergeOnMain(git, tip, pull.number);
}

/**
 * The commit that is on main for this pull request already, made by Pawl or by hand. @throws {MergeUnfaithfulError} if
 * it is something else
 */
async function faithful({ mirror }: Ports, { number, head }: MergeRequest, commit: ObjectId): Promise<Merged> {
  const { git } = mirror;
  await mirror.has(head, `refs/pull/${number}/head`);
  const [base = '', ...others] = (await git.commit(commit)).parents;
  if (base === '' || others.some((oid) => oid !== head))
    throw new MergeUnfaithfulError(commit, 'it is no single commit on top of the main before');
  const tree = await treeOf(git, commit);
  const meant = await mergedTree(git, { number, head, base }).catch((cause) => {
    throw new MergeUnfaithfulError(commit, `${head} does not go onto ${base}`, { cause });
  });
  if (tree === meant) return { commit, tree };
  throw new MergeUnfaithfulError(commit, `its tree is ${tree}, not ${meant}, which was judged`);
}

/**
 * Tells the forge which commit merged a pull request. If the forge does not accept that, the pull request is closed;
 * main's own history has the merge.
 */
async function marked({ place }: Ports, number: number, done: Merged): Promise<Merged> {
  const params = { ...here(place), index: number, Do: 'manually-merged', MergeCommitID: done.commit };
  await untilDone(place, async () => {
    const { merged, state } = await getPull(place, number);
    if (merged || state === 'closed') return;
    try {
      await place.api.send('POST /repos/{owner}/{repo}/pulls/{index}/merge', params, AnyAnswer);
    } catch (error) {
      if (!hasStatus(error, 403, 404, 405, 409, 422)) throw error;
    }
    if (!(await getPull(place, number)).merged) await editPull(place, number, { state: 'closed' });
  });
  return done;
}
