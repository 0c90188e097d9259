import { reconcileAll } from '../operations/reconcile.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { describe, isUnjudged } from './promote.ts';

export const reconcile: Command<Workspace> = {
  details:
    'Ends runs whose process died, completes open promotions, records merges that were not recorded, removes temporary folders of processes that were killed, and reports commits on main that nothing explains. It is safe at any time, as often as you like. Exit code 1 if main was tampered with, 3 if a gate failed and could not judge.',
  json: true,
  examples: [['pawl reconcile', 'after a crash, or from cron']],
  async run({ workspace, out }) {
    const done = await reconcileAll(workspace, (line) => out.say(line));
    const { interrupted, finished, leased, diverged, removed } = done;
    const ended = finished.map((p) => ({ id: p.id, model: p.model, status: p.status, couldNotJudge: isUnjudged(p) }));
    const value = { interrupted, finished: ended, leased, drift: diverged, removed };
    out.result(value, () => {
      const lines = [
        ...interrupted.map((id) => `run ${id} was interrupted: its process is gone`),
        ...finished.map((p) =>
          isUnjudged(p) ? describe(p) : `promotion ${p.id} of ${p.model} v${p.candidate.version}: ${p.status}`,
        ),
        ...removed.map((path) => `removed ${path}: its process was killed`),
        ...diverged.map((d) => `drift: ${d.commit} ${d.detail}`),
      ];
      return lines.join('\n') || (leased.length > 0 ? 'nothing else was left to do' : 'nothing was left to do');
    });
    return finished.some(isUnjudged) ? 3 : diverged.length > 0 ? 1 : 0;
  },
};
