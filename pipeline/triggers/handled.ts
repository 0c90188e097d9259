import { type Run, runs } from '../../projections/runs.ts';
import { isAlive } from '../lock.ts';
import type { Viewing } from '../world.ts';

/** A commit whose runs were cut off this often is left alone: it probably kills them. */
const MOST_ATTEMPTS = 3;

/** What the log knows about the pushes to one branch. */
export type Handled = {
  /** Commits that need no run any more, in the order of their runs. */
  readonly commits: readonly string[];
  /** How many runs each commit has, of any kind. */
  readonly attempts: ReadonlyMap<string, number>;
  /** The newest run that gave a candidate. */
  readonly lastCompleted: Run | null;
};

/**
 * A commit is handled once one of its runs has ended by itself, or was superseded. If a run was cut off (its user
 * stopped it, its process was killed), its commit is tried again.
 */
export async function handledOf(world: Viewing, repository: string, branch: string): Promise<Handled> {
  const pushed = [...(await world.views()).rows(runs)]
    .filter(({ trigger: t }) => t.kind === 'push' && t.repository === repository && t.branch === branch)
    .sort((a, b) => a.position - b.position);
  const attempts = new Map<string, number>();
  const commits: string[] = [];
  for (const run of pushed) {
    const commit = commitOf(run);
    attempts.set(commit, (attempts.get(commit) ?? 0) + 1);
    if (!wasCutOff(run) || attempts.get(commit) === MOST_ATTEMPTS) commits.push(commit);
  }
  const lastCompleted = pushed.findLast((run) => run.status === 'completed') ?? null;
  return { commits, attempts, lastCompleted };
}

const commitOf = ({ trigger }: Run): string => (trigger.kind === 'push' ? trigger.commit : '');

function wasCutOff({ status, failure, environment: { host, pid }, startedAt }: Run): boolean {
  if (status === 'running') return !isAlive({ host, pid }, new Date(startedAt));
  return status === 'interrupted' && failure?.code !== 'superseded';
}
