import { reconcileAll } from '../operations/reconcile.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { describe, isUnjudged } from './promote.ts';

export const reconcile: Command<Workspace> = {
  details:
    'Ends runs whose process died, completes open promotions, records merges that were not recorded, removes temporary folders of processes that were killed, and reports commits on main that nothing explains. If the log is an older copy, it also records what main proves happened since. It is safe at any time, as often as you like. Exit code 1 if main was tampered with, 3 if a gate failed and could not judge.',
  json: true,
  flags: [
    {
      flags: '--lost-log',
      description: 'the log is lost and there is no copy: begin a new one with what main proves',
    },
  ],
  examples: [
    ['pawl reconcile', 'after a crash, after `pawl events restore`, or from cron'],
    ['pawl reconcile --lost-log', 'when the log is lost for good'],
  ],
  async run({ workspace, out, flags }) {
    const done = await reconcileAll(workspace, (line) => out.say(line), { lostLog: flags.lostLog === true });
    const { interrupted, finished, leased, diverged, removed, lost } = done;
    const ended = finished.map((p) => ({ id: p.id, model: p.model, status: p.status, couldNotJudge: isUnjudged(p) }));
    const value = { interrupted, finished: ended, leased, drift: diverged, removed, lost };
    out.result(value, () => {
      const lines = [
        ...interrupted.map((id) => `run ${id} was interrupted: its process is gone`),
        ...finished.map((p) =>
          isUnjudged(p) ? describe(p) : `promotion ${p.id} of ${p.model} v${p.candidate.version}: ${p.status}`,
        ),
        ...(lost > 0 ? [`took up what main proves: ${lost} checkpoints there are of events that are lost`] : []),
        ...removed.map((path) => `removed ${path}: its process was killed`),
        ...diverged.map((d) => `drift: ${d.commit} ${d.detail}`),
      ];
      return lines.join('\n') || (leased.length > 0 ? 'nothing else was left to do' : 'nothing was left to do');
    });
    return finished.some(isUnjudged) ? 3 : diverged.length > 0 ? 1 : 0;
  },
};
