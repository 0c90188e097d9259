/** What a check of a training repository asks for: one run, and the commits that it makes superfluous. */
export type TriggerPlan = { readonly run: string | null; readonly superseded: readonly string[] };

/**
 * The newest commit without a run gets one; older commits without a run were overtaken while another was training. If
 * nothing is new, the plan is empty, so it does not matter how often this is called.
 *
 * @param commits of the branch that touch the watched paths and are newer than the last one handled, newest first
 * @param handled commits that have a run already
 * @param first whether no commit of this branch was ever handled: then earlier commits are not trained on
 */
export function planRuns(commits: readonly string[], handled: ReadonlySet<string>, first: boolean): TriggerPlan {
  const [newest, ...older] = commits.filter((c) => !handled.has(c));
  if (newest === undefined || newest !== commits[0]) return { run: null, superseded: [] };
  return { run: newest, superseded: first ? [] : older.reverse() };
}
