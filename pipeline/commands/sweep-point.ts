import { SweepError } from '../sweep/errors.ts';
import { readSweep } from '../sweep/read.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { UsageError } from './not-found.ts';
import { idOf } from './sweep.ts';
import { report, startRun } from './train.ts';

export const sweepPoint: Command<Workspace> = {
  name: 'sweep point',
  summary: 'run one point of a sweep: what executors call',
  json: true,
  arguments: [{ name: 'file', description: 'sweep.yaml' }],
  flags: [
    { flags: '--index <n>', description: 'which, from 0; without it JOB_COMPLETION_INDEX says it' },
    { flags: '--id <sweep>', description: 'the sweep that it must be: another file or other settings are refused' },
  ],
  examples: [['pawl sweep point sweep.yaml --index 3', 'the fourth point']],
  async run(invocation) {
    const { workspace, out, signal } = invocation;
    const [file = ''] = invocation.args;
    const started = performance.now();
    const found = readSweep(file);
    const id = idOf(workspace, found);
    const wanted = text(invocation, 'id') ?? id;
    if (wanted !== id)
      throw new SweepError(
        `this is sweep ${id}, not ${wanted}: the file or the settings have changed; write the executor anew`,
      );
    const point = found.points[indexOf(invocation, found.points.length)] as (typeof found.points)[number];
    const { trainer, validationShare } = found.definition;
    const outcome = await startRun(workspace, out, signal, {
      trigger: { kind: 'manual' },
      chosen: { trainer, config: point.config, sweep: { id, point: point.index }, holdOut: validationShare },
    });
    report(out, outcome, null, performance.now() - started);
    return 0;
  },
};

function indexOf(invocation: Invocation<Workspace>, points: number): number {
  const given = text(invocation, 'index') ?? process.env.JOB_COMPLETION_INDEX ?? '';
  const index = Number(given);
  if (given !== '' && Number.isInteger(index) && index >= 0 && index < points) return index;
  throw new UsageError(`--index is a whole number from 0 to ${points - 1}, not ${given || 'nothing'}`);
}
