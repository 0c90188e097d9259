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
  'end-to-end/schemathesis.test',
  'pipeline/commands/flags.test',
  'end-to-end/story.test',
  'pipeline/training/nbsvm-dv/nbsvm-dv.test',
  'registry-repo/git-version.test',
  'end-to-end/together.test',
  'attacks/hostile-candidates.test',
  'pipeline/forge/forge.github.test',
  'attacks/chance.test',
  'doubles/gitea.test',
  'attacks/git.test',
  'attacks/state-folder.test',
  'attacks/outgoing.test',
  'attacks/commit.test',
  'pipeline/training/distilbert/distilbert.test',
  'pipeline/promotion/endings.test',
  'pipeline/training/nbsvm/nbsvm.test',
  'end-to-end/up.test',
  'end-to-end/sweep.test',
  'pipeline/promotion/could-not-judge.test',
  'end-to-end/push.test',
  'pipeline/promotion/publish.test',
  'pipeline/commands/registry-configure.test',
  'pipeline/triggers/hook.test',
  'attacks/forge.test',
  'events/store.git.test',
  'pipeline/audit/audit.test',
  'end-to-end/transformer.test',
  'end-to-end/encoder-head.test',
  'end-to-end/gitea.test',
  'end-to-end/hub.test',
  'end-to-end/import.test',
  'pipeline/commands/evaluate.test',
  'doubles/github.test',
  'pipeline/promotion/github.test',
  'pipeline/open-store.test',
  'events/log-branch.http.test',
  'pipeline/commands/doctor.test',
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
