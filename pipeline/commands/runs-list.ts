import { type Run, runs } from '../../projections/runs.ts';
import { measureNameFor } from '../../registry-repo/averaging.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';
import { NotFoundError, UsageError } from '../operations/not-found.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { wholeNumber } from './numbers.ts';

const STATUSES: readonly Run['status'][] = ['running', 'completed', 'failed', 'interrupted'];

export const runsList: Command<Workspace> = {
  json: true,
  flags: [
    { flags: '--model <name>', description: 'only runs of this model' },
    { flags: '--status <status>', description: `only ${STATUSES.join(', ')}` },
    { flags: '--sort <order>', description: 'time or f1 (default time)' },
    { flags: '--limit <n>', description: 'how many (default 20)' },
  ],
  examples: [
    ['pawl runs list', 'the last twenty runs'],
    ['pawl runs list --sort f1 --limit 5', 'the five best'],
  ],
  async run(invocation) {
    const { workspace, out } = invocation;
    const status = text(invocation, 'status');
    if (status !== undefined && !STATUSES.some((s) => s === status))
      throw new NotFoundError('status', status, STATUSES, 'pawl runs list --help');
    const sort = text(invocation, 'sort') ?? 'time';
    if (sort !== 'time' && sort !== 'f1') throw new UsageError(`--sort takes time or f1, not "${sort}"`);
    const model = text(invocation, 'model');
    const all = [...(await workspace.views()).rows(runs)];
    const found = all.filter((r) => (model ?? r.model) === r.model && (status ?? r.status) === r.status);
    const shown = ordered(found, sort).slice(0, wholeNumber(text(invocation, 'limit'), '--limit', 20));
    out.result(shown, () => table(shown, found.length));
    return 0;
  },
};

/** The F1 a run claims: of its last evaluation. */
export const claimedF1 = (run: Run): number | null => run.evaluations.at(-1)?.f1 ?? null;

/** What that F1 is called: `macro F1`, `F1 of "fraud"`; null where there is none. @param first told where several names are true */
export function claimedMeasure(run: Run, first?: Averaging): string | null {
  const last = run.evaluations.at(-1);
  return last ? measureNameFor(last.labels, denseCounts(last.confusion), last.f1, first) : null;
}

const ordered = (found: readonly Run[], sort: 'time' | 'f1'): Run[] =>
  sort === 'time'
    ? found.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : b.id < a.id ? -1 : 1))
    : found.toSorted((a, b) => (claimedF1(b) ?? -1) - (claimedF1(a) ?? -1));

function table(shown: readonly Run[], total: number): string {
  if (total === 0) return 'no runs yet: start one with `pawl train`';
  const rows = shown.map((r) => [
    r.id,
    r.model,
    r.trainer,
    r.status,
    f1Text(r),
    claimedMeasure(r) ?? '–',
    r.startedAt,
    r.trigger.kind,
  ]);
  const more = shown.length < total ? `\n${total - shown.length} more (--limit)` : '';
  return textTable(['run', 'model', 'trainer', 'status', 'f1', 'measure', 'started', 'trigger'], rows, [4]) + more;
}

const f1Text = (run: Run): string => {
  const f1 = claimedF1(run);
  return f1 === null ? '–' : share(f1);
};
