import { endRun } from '../operations/end-run.ts';
import { findRun } from '../operations/find.ts';
import { UsageError } from '../operations/not-found.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';

export const runsEnd: Command<Workspace> = {
  details:
    'For a run whose process cannot be asked: it was on another machine, which nobody here can see into, or it is stuck. The run counts as interrupted, by an operator. `pawl reconcile` ends those of this machine whose process is gone by itself.',
  json: true,
  arguments: [{ name: 'run', description: 'its id, or the beginning of it' }],
  flags: [
    { flags: '--reason <text>', description: 'why; kept in the log' },
    { flags: '--force', description: 'though its process is at work on this machine: what it does is lost' },
  ],
  examples: [['pawl runs end 1v8k2m0p4qxa --reason "the machine was given back"', 'nobody waits for it any more']],
  async run(invocation) {
    const { args, workspace, out, flags } = invocation;
    const reason = text(invocation, 'reason')?.trim();
    if (!reason) throw new UsageError('say why: --reason "…"');
    const run = findRun(await workspace.views(), args[0] ?? '');
    await endRun(workspace, run, { reason, force: flags.force === true });
    out.result({ run: run.id, status: 'interrupted', reason }, () => `run ${run.id} is interrupted: ${reason}`);
    return 0;
  },
};
