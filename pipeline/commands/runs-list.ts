import { type Run, runs } from '../../projections/runs.ts';
import { claimedF1, claimedMeasure } from '../operations/claimed.ts';
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

const ordered = (found: readonly Run[], sort: 'time' | 'f1'): Run[] =>
  sort === 'time'
    ? found.toSorted((a, b) => b.position - a.position)
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
