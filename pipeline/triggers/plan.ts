/** What a look at a training repository asks for: one run, and the commits that it makes superfluous. */
export type TriggerPlan = { readonly run: string | null; readonly superseded: readonly string[] };

/**
 * The newest commit that has no run yet gets one; older ones without a run were overtaken while another was training.
 * Looked at again with nothing new, it asks for nothing: how often it is called does not matter.
 *
 * @param commits of the branch that touch the watched paths and are newer than the last one handled, newest first
 * @param handled commits that have a run already
 * @param first whether no commit of this branch was ever handled: then history is not caught up with
 */
export function planRuns(commits: readonly string[], handled: ReadonlySet<string>, first: boolean): TriggerPlan {
  const [newest, ...older] = commits.filter((c) => !handled.has(c));
  if (newest === undefined || newest !== commits[0]) return { run: null, superseded: [] };
  return { run: newest, superseded: first ? [] : older.reverse() };
}
