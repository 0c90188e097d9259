import { runs } from '../../projections/runs.ts';
import { UNNAMED } from '../../registry-repo/averaging.ts';
import { withLock } from '../lock.ts';
import { claimedF1, claimedMeasure } from '../operations/claimed.ts';
import { UsageError } from '../operations/not-found.ts';
import { startRun } from '../operations/train.ts';
import { completedPoints } from '../sweep/completed.ts';
import { SweepError } from '../sweep/errors.ts';
import { idOf } from '../sweep/identity.ts';
import type { Point } from '../sweep/points.ts';
import { readSweep, type Sweep } from '../sweep/read.ts';
import { share } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { report } from './train.ts';

export const sweepPoint: Command<Workspace> = {
  memory: 'computes',
  json: true,
  arguments: [{ name: 'file', description: 'sweep.yaml' }],
  flags: [
    { flags: '--index <n>', description: 'number of the point, from 0; default: the variable JOB_COMPLETION_INDEX' },
    { flags: '--id <sweep>', description: 'expected id of the sweep: another file or other settings are refused' },
  ],
  examples: [['pawl sweep point sweep.yaml --index 3', 'the fourth point']],
  async run(invocation) {
    const { workspace, out, signal } = invocation;
    const [file = ''] = invocation.args;
    const started = performance.now();
    const found = readSweep(file, workspace.loaded.request.folder);
    const id = idOf(workspace.config, found);
    const wanted = text(invocation, 'id') ?? id;
    if (wanted !== id)
      throw new SweepError(
        `this is sweep ${id}, not ${wanted}: the file or the settings have changed; write the executor anew`,
      );
    const point = found.points[indexOf(invocation, found.points.length)] as Point;
    // A killed sweep may have left a process that still runs this point.
    const lock = workspace.path(`.pawl/sweeps/${id}-${point.index}.lock`);
    return withLock(lock, () => runPoint(invocation, found, { id, point, started }), {
      signal,
      say: (line) => out.say(line),
    });
  },
};

type Wanted = { readonly id: string; readonly point: Point; readonly started: number };

async function runPoint({ workspace, out, signal }: Invocation<Workspace>, found: Sweep, wanted: Wanted) {
  const { id, point, started } = wanted;
  const before = completedPoints((await workspace.views()).rows(runs), id).get(point.index);
  if (before) {
    const f1 = claimedF1(before);
    out.result(
      { run: before.id, candidate: before.candidate, measure: claimedMeasure(before), f1, before: true },
      () =>
        `point ${point.index} was run before: run ${before.id}, ${claimedMeasure(before) ?? UNNAMED} ${f1 === null ? '–' : share(f1)}`,
    );
    return 0;
  }
  const { trainer, validationShare } = found.definition;
  const outcome = await startRun(workspace, out, signal, {
    trigger: { kind: 'manual' },
    chosen: { trainer, config: point.config, sweep: { id, point: point.index }, holdOut: validationShare },
  });
  report(out, outcome, null, performance.now() - started);
  return 0;
}

function indexOf(invocation: Invocation<Workspace>, points: number): number {
  const given = text(invocation, 'index') ?? invocation.workspace.env.JOB_COMPLETION_INDEX ?? '';
  const index = Number(given);
  if (given !== '' && Number.isInteger(index) && index >= 0 && index < points) return index;
  throw new UsageError(`--index is a whole number from 0 to ${points - 1}, not ${given || 'nothing'}`);
}
