import type { Promoted } from '../operations/promote-best.ts';
import { type Swept, sweep } from '../operations/sweep.ts';
import type { Value } from '../sweep/points.ts';
import type { Sweep } from '../sweep/read.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Invocation } from './command.ts';

/**
 * Runs the points that have no completed run yet in processes of this machine, and shows the results of all of them.
 */
export async function sweepHere(invocation: Invocation<Workspace>, file: string, found: Sweep, id: string) {
  const { workspace, out, signal } = invocation;
  const wanted = invocation.flags.promoteBest === true;
  const value = await sweep(workspace, { file, found, id }, { promoteBest: wanted }, out, signal);
  out.result(value, () => describe(value, Object.keys(found.definition.parameters), wanted));
  return value.failed.length > 0 || value.promoted?.status === 'rejected' ? 1 : 0;
}

const MOST_ROWS = 20;
const MOST_FAILURES = 10;
const MOST_CHARACTERS = 400;

function describe(value: Swept, names: readonly string[], wanted: boolean): string {
  const { sweep: id, measure, points, skipped, results, failed, promoted } = value;
  const sorted = results.toSorted((a, b) => (b.f1 ?? -1) - (a.f1 ?? -1)).slice(0, MOST_ROWS);
  const rows = sorted.map(({ point, chosen, run, f1 }) => [
    String(point),
    ...names.map((name) => shown(chosen[name])),
    f1 === null ? '–' : share(f1),
    run ?? '–',
  ]);
  const failures = failed.map(
    ({ index, message }) => `point ${index} failed: ${message.replace(/\s*\n\s*/g, ' ').slice(0, MOST_CHARACTERS)}`,
  );
  return [
    `sweep ${id}: ${points} points${skipped > 0 ? `, ${skipped} of them run before` : ''}; ${measure} on rows held out of the training rows`,
    textTable(['point', ...names, measure, 'run'], rows, [0, names.length + 1]),
    ...(points > MOST_ROWS ? [`the best ${MOST_ROWS}; all: pawl runs compare --sweep ${id}`] : []),
    ...(failures.length > 0 ? [listed(failures)] : []),
    ...(promoted ? [promotedText(promoted)] : []),
    ...(wanted && failed.length > 0 ? ['nothing was promoted: the best may be among the points that failed'] : []),
    nextSteps(value),
  ].join('\n\n');
}

const nextSteps = ({ sweep: id, best, failed }: Swept): string =>
  [
    ...(failed.length > 0 ? ['next: the same command runs again what failed'] : []),
    best?.run ? `next: pawl runs compare --sweep ${id} --plot sweep.svg` : 'no point has completed',
  ].join('\n');

const shown = (value: Value | undefined): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const listed = (lines: readonly string[]): string =>
  [
    ...lines.slice(0, MOST_FAILURES),
    ...(lines.length > MOST_FAILURES ? [`and ${lines.length - MOST_FAILURES} more`] : []),
  ].join('\n');

const promotedText = ({ run, status, version }: Promoted): string =>
  `best point, trained on all rows: run ${run} is ${status}${version === null ? '' : ` as v${version}`}`;
