import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promotions } from '../../projections/promotions.ts';
import type { Run } from '../../projections/runs.ts';
import { type Layer, yamlLayer } from '../config/layers.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { readSettings } from '../config/read-settings.ts';
import type { Secrets } from '../config/secrets.ts';
import type { Listener } from '../progress.ts';
import type { TrainingRepository } from '../source/repository.git.ts';
import type { RunOutcome } from '../training/run.ts';
import { requireAllowed } from '../triggers/allowed.ts';
import { requireApart } from '../triggers/exposed-key.ts';
import type { Pushed } from '../triggers/record.ts';
import { type Exported, watch } from '../triggers/watch.ts';
import type { Promoting, Viewing } from '../world.ts';
import { findRun } from './find.ts';
import { UsageError } from './not-found.ts';
import { type Ended, promoteRun } from './promote.ts';
import { startRun, type TrainWorld } from './train.ts';

/** The sections that a commit of the training repository may set. It may not set where things are stored. */
const FROM_COMMIT = ['model', 'data', 'training'];

/** What a run for a commit, and the promotion of its candidate, need. */
type RunWorld = TrainWorld & Viewing & Promoting;

export type WatchWorld = {
  readonly world: RunWorld & {
    readonly loaded: LoadedConfig;
    training(address: string): Promise<TrainingRepository>;
    secrets(): Pick<Secrets, 'gateKey'>;
  };
  /** The same with the settings of a commit. */
  readonly open: (loaded: LoadedConfig) => RunWorld & { close(): Promise<void> };
  readonly listener: Listener;
  readonly onRun: (outcome: RunOutcome) => void;
  readonly onPromoted: (ended: Ended) => void;
  readonly signal: AbortSignal;
};

/**
 * Starts a run for each new commit of the configured training repository, and proposes its candidate.
 *
 * @param once handle what is there now, and end
 * @returns whether all went well
 * @throws {UsageError} if no repository is configured
 */
export async function watchRepository(watching: WatchWorld, once: boolean): Promise<boolean> {
  const { world, listener, signal } = watching;
  const { repository, branch, paths, everySeconds, limits } = world.config.watch;
  if (repository === null)
    throw new UsageError('name the training repository: --repo PATH or URL, or watch.repository in pawl.yaml');
  const opened = await world.training(repository);
  const options = { repository: opened, branch, paths, limits, everyMs: everySeconds * 1000, once };
  const run = (commit: string, exported: Exported, trigger: Pushed) =>
    runCommit(watching, { commit, ...exported, trigger });
  const say = (line: string) => listener.say(line);
  return watch(world, options, { run, follow: (last) => follow(watching, world, last), say, signal });
}

type Asked = Exported & { readonly commit: string; readonly trigger: Pushed };

async function runCommit(watching: WatchWorld, { commit, folder, leftOut, trigger }: Asked): Promise<void> {
  const { world, listener, signal } = watching;
  const loaded = withCommitSettings(world, folder);
  requireAllowed(world.config, loaded.config, { folder, leftOut });
  const apart = loaded.config.training.trainer === 'command' ? await requireApart(world) : null;
  const own = watching.open(loaded);
  try {
    const code = { commit, dirty: false };
    const outcome = await startRun(own, listener, signal, { trigger, code, dataFolder: resolve(folder), apart });
    watching.onRun(outcome);
    if (!world.config.watch.promote) return;
    await follow(watching, own, findRun(await own.views(), outcome.runId));
  } finally {
    await own.close();
  }
}

/** Proposes a run's candidate, unless that was done: a refused candidate is not proposed again. */
async function follow({ listener, onPromoted }: WatchWorld, world: RunWorld, run: Run): Promise<void> {
  if (!world.config.watch.promote) return;
  const proposed = [...(await world.views()).rows(promotions)].filter((p) => p.runId === run.id);
  if (proposed.some((p) => p.status !== 'open')) return;
  onPromoted(await promoteRun(world, run, listener));
}

function withCommitSettings({ loaded }: Pick<WatchWorld['world'], 'loaded'>, folder: string) {
  const file = join(folder, 'pawl.yaml');
  if (!existsSync(file)) return loaded;
  const layer = yamlLayer(readSettings(file), 'pawl.yaml of the commit');
  const values = Object.fromEntries(Object.entries(layer.values).filter(([key]) => FROM_COMMIT.includes(key)));
  const overlay: Layer = { ...layer, values };
  return { ...loadConfig({ ...loaded.request, overlay }), root: loaded.root };
}
