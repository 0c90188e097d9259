import { claimName } from '../../registry-repo/averaging.ts';
import { watchRepository } from '../operations/watch.ts';
import { share } from '../table.ts';
import { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { describe } from './promote.ts';

export const watch: Command<Workspace> = {
  details:
    'One run is made at a time. If several commits wait, only the newest is trained, and the skipped commits are recorded. An interrupted run is started again. The commit’s own pawl.yaml decides model, data and training. The candidate of a run is proposed for promotion (watch.promote). With --once, exit code 1 if anything failed.',
  untilStopped: true,
  flags: [
    {
      flags: '--repo <path>',
      description: 'the training repository: a path or an https URL',
      setting: 'watch.repository',
      path: true,
    },
    { flags: '--branch <name>', description: 'branch to follow', setting: 'watch.branch' },
    { flags: '--once', description: 'handle new commits now, and end (the hook calls this)' },
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
