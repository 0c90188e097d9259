import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promotions } from '../../projections/promotions.ts';
import type { Run } from '../../projections/runs.ts';
import { claimName } from '../../registry-repo/averaging.ts';
import { type Layer, yamlLayer } from '../config/layers.ts';
import { loadConfig } from '../config/load.ts';
import { readSettings } from '../config/read-settings.ts';
import type { Output } from '../output.ts';
import { share } from '../table.ts';
import { requireAllowed } from '../triggers/allowed.ts';
import { requireApart } from '../triggers/exposed-key.ts';
import type { Pushed } from '../triggers/record.ts';
import { type Exported, watch } from '../triggers/watch.ts';
import { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { UsageError } from './not-found.ts';
import { describe, promoteRun } from './promote.ts';
import { findRun } from './runs-show.ts';
import { startRun } from './train.ts';

/** The sections that a commit of the training repository may set; where things are kept is not its business. */
const FROM_COMMIT = ['model', 'data', 'training'];

export const watchRepository: Command<Workspace> = {
  name: 'watch',
  summary: 'start a run for each new commit of a training repository',
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
    const { repository, branch, paths, everySeconds, limits } = workspace.config.watch;
    if (repository === null)
      throw new UsageError('name the training repository: --repo PATH or URL, or watch.repository in pawl.yaml');
    const options = {
      repository: await workspace.training(repository),
      branch,
      paths,
      limits,
      everyMs: everySeconds * 1000,
      once: flags.once === true,
    };
    const run = (commit: string, exported: Exported, trigger: Pushed) =>
      runCommit(workspace, out, signal, { commit, ...exported, trigger });
    const well = await watch(workspace, options, {
      run,
      follow: (last) => follow(workspace, out, last),
      say: (line) => out.say(line),
      signal,
    });
    return well || !options.once ? 0 : 1;
  },
};

type Asked = Exported & { readonly commit: string; readonly trigger: Pushed };

async function runCommit(
  workspace: Workspace,
  out: Output,
  signal: AbortSignal,
  { commit, folder, leftOut, trigger }: Asked,
): Promise<void> {
  const loaded = withCommitSettings(workspace, folder);
  requireAllowed(workspace.config, loaded.config, { folder, leftOut });
  const apart = loaded.config.training.trainer === 'command' ? await requireApart(workspace) : null;
  const own = new Workspace(loaded);
  try {
    const code = { commit, dirty: false };
    const { runId, candidate } = await startRun(own, out, signal, {
      trigger,
      code,
      dataFolder: resolve(folder),
      apart,
    });
    out.say(`run ${runId}: ${claimName(candidate.manifest)} ${share(candidate.manifest.claimed.f1)}`);
    if (!workspace.config.watch.promote) return;
    await follow(own, out, findRun(await own.views(), runId));
  } finally {
    await own.close();
  }
}

/** Proposes what a run offers, unless that was done: a refused candidate is not proposed again. */
async function follow(workspace: Workspace, out: Output, run: Run): Promise<void> {
  if (!workspace.config.watch.promote) return;
  const proposed = [...(await workspace.views()).rows(promotions)].filter((p) => p.runId === run.id);
  if (proposed.some((p) => p.status !== 'open')) return;
  const ended = await promoteRun(workspace, run, out);
  out.say(ended.kind === 'done' ? `v${ended.version} is this candidate already` : describe(ended.promotion));
}

function withCommitSettings({ loaded }: Workspace, folder: string) {
  const file = join(folder, 'pawl.yaml');
  if (!existsSync(file)) return loaded;
  const layer = yamlLayer(readSettings(file), 'pawl.yaml of the commit');
  const values = Object.fromEntries(Object.entries(layer.values).filter(([key]) => FROM_COMMIT.includes(key)));
  const overlay: Layer = { ...layer, values };
  return { ...loadConfig({ ...loaded.request, overlay }), root: loaded.root };
}
