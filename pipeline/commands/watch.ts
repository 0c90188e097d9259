import { claimName } from '../../registry-repo/averaging.ts';
import { watchRepository } from '../operations/watch.ts';
import { share } from '../table.ts';
import { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { describe } from './promote.ts';

export const watch: Command<Workspace> = {
  details:
    'One run at a time; the newest commit wins, and those overtaken are recorded; a run that was cut off is begun again. The commit’s own pawl.yaml decides model, data and training. What a run offers is proposed for promotion (watch.promote). With --once, exit code 1 if anything failed.',
  untilStopped: true,
  flags: [
    {
      flags: '--repo <path>',
      description: 'the training repository: a path or an https URL',
      setting: 'watch.repository',
      path: true,
    },
    { flags: '--branch <name>', description: 'branch to follow', setting: 'watch.branch' },
    { flags: '--once', description: 'handle what is new now, and end (what the hook does)' },
  ],
  examples: [
    ['pawl watch --repo ../reviews --branch main', 'until stopped'],
    ['pawl watch --repo ../reviews --once', 'from cron'],
    ['pawl watch --repo https://github.com/org/reviews', 'through a mirror in .pawl'],
  ],
  async run({ workspace, out, signal, flags }) {
    const once = flags.once === true;
    const well = await watchRepository(
      {
        ...{ world: workspace, listener: out, signal },
        open: (loaded) => new Workspace(loaded),
        onRun: ({ runId, candidate: { manifest } }) =>
          out.say(`run ${runId}: ${claimName(manifest)} ${share(manifest.claimed.f1)}`),
        onPromoted: (ended) =>
          out.say(ended.kind === 'done' ? `v${ended.version} is this candidate already` : describe(ended.promotion)),
      },
      once,
    );
    return well || !once ? 0 : 1;
  },
};
