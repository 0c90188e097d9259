import type { Git } from './git.ts';
import { GitError } from './git-process.ts';

/** A registry holds models: all of their bytes are read. */
const FSCK_MS = 30 * 60_000;

/** What git's own check of every object and ref finds: one line for each, at most twenty. */
export async function damageOf(git: Git): Promise<string[]> {
  try {
    await git.run(['fsck', '--full', '--no-dangling', '--no-progress'], { timeoutMs: FSCK_MS, checks: true });
    return [];
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const lines = error.stderr.split('\n').filter((line) => line.trim() !== '');
    return lines.length === 0 ? [error.message] : lines.slice(0, 20);
  }
}
