/**
 * The test files that take longest, longest first. A long file that starts last keeps one core busy while the others
 * wait, so these start first. A run prints its own order at its end; this one need not be exact.
 */
export const LONGEST: readonly string[] = [
  'pipeline/promotion/github-races.slow',
  'pipeline/promotion/github-kills.slow',
  'pipeline/promotion/race.slow',
  'pipeline/promotion/kill.slow',
  'end-to-end/demo-github.slow',
  'end-to-end/sweep-cluster.slow',
  'end-to-end/sweep-stopped.slow',
  'end-to-end/together.slow',
  'end-to-end/thousand-labels.slow',
  'end-to-end/github.slow',
  'server/hot-swaps.slow',
  'pipeline/commands/doctor.test',
  'end-to-end/story.test',
  'pipeline/commands/flags.test',
  'attacks/commit.test',
  'end-to-end/schemathesis.test',
  'pipeline/promotion/endings.test',
  'attacks/chance.test',
  'pipeline/promotion/could-not-judge.test',
  'pipeline/commands/registry-configure.test',
  'pipeline/triggers/hook.test',
  'registry-repo/git-version.test',
  'attacks/hostile-candidates.test',
  'pipeline/commands/evaluate.test',
  'end-to-end/transformer.test',
  'end-to-end/up.test',
  'end-to-end/import.test',
  'pipeline/promotion/github.test',
  'doubles/gitea.test',
  'end-to-end/gitea.test',
  'pipeline/open-store.test',
  'pipeline/forge/forge.github.test',
  'attacks/outgoing.test',
  'attacks/git.test',
  'attacks/forge.test',
  'end-to-end/sweep.test',
  'pipeline/commands/registry-accept-main.test',
  'attacks/state-folder.test',
  'events/store.git.test',
  'pipeline/audit/audit.test',
  'pipeline/promotion/publish.test',
  'end-to-end/push.test',
  'pipeline/init/init.test',
  'pipeline/training/distilbert/distilbert.test',
  'end-to-end/together.test',
  'pipeline/training/nbsvm-dv/nbsvm-dv.test',
  'doubles/github.test',
  'events/log-branch.http.test',
  'pipeline/training/nbsvm/nbsvm.test',
];

/** The order in which files start: the longest first, then the others by name. @param files as they are compiled, without `.js` */
export function inOrder(files: readonly string[], longest: readonly string[] = LONGEST): string[] {
  const rank = (file: string) => {
    const at = longest.indexOf(file);
    return at < 0 ? longest.length : at;
  };
  return files.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * How many files run at once: one more than there are cores, because a file often waits for a disk or for a process
 * that it started. At most eight, because some need a gigabyte.
 */
export const atOnce = (cores: number): number => Math.min(cores + 1, 8);

/** Lines that say which files took longest. */
export function longestOf(files: readonly { readonly file: string; readonly ms: number }[], count = 5): string[] {
  const long = files.toSorted((a, b) => b.ms - a.ms).slice(0, count);
  return long.map(({ file, ms }) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${file}`);
}
