/**
 * Test files that take longest, longest first. A long file that starts last keeps one core busy while the others wait, so
 * these start first. A run prints its own at its end: the order here need not be exact.
 */
export const LONGEST: readonly string[] = [];

/** The order in which files start: the longest first, then the others by name. @param files as they are compiled, without `.js` */
export function inOrder(files: readonly string[], longest: readonly string[] = LONGEST): string[] {
  const rank = (file: string) => {
    const at = longest.indexOf(file);
    return at < 0 ? longest.length : at;
  };
  return files.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * How many files run at once: one more than there are cores, since a file often waits for a disk or for a process that it
 * started. At most eight, since some need a gigabyte.
 */
export const atOnce = (cores: number): number => Math.min(cores + 1, 8);

/** Lines that say which files took longest. */
export function longestOf(files: readonly { readonly file: string; readonly ms: number }[], count = 5): string[] {
  const long = files.toSorted((a, b) => b.ms - a.ms).slice(0, count);
  return long.map(({ file, ms }) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${file}`);
}
