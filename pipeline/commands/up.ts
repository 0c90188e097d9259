import { once } from 'node:events';
import { baseline } from '../../projections/baseline.ts';
import { promotions } from '../../projections/promotions.ts';
import { type Run, runs } from '../../projections/runs.ts';
import { claimName } from '../../registry-repo/averaging.ts';
import type { Dataset } from '../data/load.ts';
import { withLock } from '../lock.ts';
import { loadConfigured } from '../operations/dataset.ts';
import { findRun } from '../operations/find.ts';
import { promoteRun } from '../operations/promote.ts';
import { openTendedServer, type Server } from '../operations/serve.ts';
import { startRun } from '../operations/train.ts';
import type { Output } from '../output.ts';
import { reconcile } from '../promotion/reconcile.ts';
import { ensureRegistry } from '../registry-setup/setup.ts';
import { duration, share } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { DATA_FLAGS } from './dataset.ts';
import { describe } from './promote.ts';

export const up: Command<Workspace> = {
  memory: 'serves',
  details:
    'If no model is in production yet, this trains one on the configured data and promotes it through the gate. Then the server runs until you stop it. If you run the command again, it continues from what is recorded and trains nothing.',
  untilStopped: true,
  flags: [...DATA_FLAGS, { flags: '--port <number>', description: 'port; 0 for any free one', setting: 'server.port' }],
  examples: [['pawl up', 'with the sample data']],
  async run({ workspace, out, signal }) {
    let dataset: Promise<Dataset> | undefined;
    const load = () => (dataset ??= loadConfigured(workspace, out, signal));
    const { created } = await ensureRegistry(workspace, load);
    out.say(`registry  ${workspace.path(workspace.config.registry.path)}${created ? ' (new)' : ''}`);
    await reconcile(await workspace.promotions((line) => out.say(`          ${line}`)));
    const there = () => firstModel(workspace, out, signal);
    const lock = workspace.path('.pawl/up.lock');
    // Of two that are started together one makes the first version, and the other finds it.
    if (!(await withLock(lock, there, { signal, say: (line) => out.say(line) }))) return 1;
    const server = await openTendedServer(workspace);
    await Promise.race([server.ready(), once(signal, 'abort')]);
    if (!signal.aborted) sayHow(out, server);
    if (!signal.aborted) await once(signal, 'abort');
    out.say('stopping');
    await server.stop();
    return 0;
  },
};

/** Makes sure that a version is in production. @returns false if the gate refused the candidate */
async function firstModel(workspace: Workspace, out: Output, signal: AbortSignal): Promise<boolean> {
  const views = await workspace.views();
  const { model } = workspace.config;
  const current = views.get(baseline, model);
  if (current) {
    out.say(`model     ${model} v${current.version} is in production since ${current.since}; nothing to train`);
    return true;
  }
  const run =
    untried(workspace, [...views.rows(runs)], new Set([...views.rows(promotions)].map((p) => p.runId))) ??
    (await firstRun(workspace, out, signal));
  const ended = await promoteRun(workspace, run, out);
  if (ended.kind === 'ended') out.say(describe(ended.promotion));
  return ended.kind === 'done' || ended.promotion.status === 'merged';
}

/** A completed run whose candidate was not proposed: an earlier `up` was stopped right after training. */
const untried = ({ config }: Workspace, all: readonly Run[], tried: ReadonlySet<string | null>): Run | undefined =>
  all.find((r) => r.status === 'completed' && r.model === config.model && !tried.has(r.id));

async function firstRun(workspace: Workspace, out: Output, signal: AbortSignal): Promise<Run> {
  out.say(`training  ${workspace.config.training.trainer} on ${workspace.config.data.kind} data`);
  const started = performance.now();
  const { runId, candidate } = await startRun(workspace, out, signal, { trigger: { kind: 'manual' } });
  const { claimed } = candidate.manifest;
  out.say(
    `run       ${runId}: ${claimName(candidate.manifest)} ${share(claimed.f1)} on its test rows, in ${duration(performance.now() - started)}`,
  );
  return findRun(await workspace.views(), runId);
}

function sayHow(out: Output, { url, state }: Server): void {
  const { model } = state();
  out.say(
    [
      '',
      `${model?.name} v${model?.version} answers at ${url}`,
      `  page      ${url}/`,
      `  model     ${url}/model`,
      `  health    ${url}/health/ready`,
      `  API       ${url}/openapi.json`,
      '',
      'Try it:',
      `  curl -s ${url}/predict -H 'content-type: application/json' -d '{"text":"A great film, funny and moving."}'`,
      '',
      'Ctrl-C stops it.',
    ].join('\n'),
  );
}
