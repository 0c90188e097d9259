import type { Promotion } from '../../projections/promotions.ts';
import { type Run, runs } from '../../projections/runs.ts';
import { measuredName } from '../../registry-repo/averaging.ts';
import { couldNotJudge } from '../../registry-repo/gate/whose-fault.ts';
import { loadDataset } from '../data/load.ts';
import { DataOptions } from '../data/options.ts';
import type { Output } from '../output.ts';
import { recordCheckpoints } from '../promotion/checkpoints.ts';
import { NotPromotableError } from '../promotion/decide.ts';
import type { Patience } from '../promotion/process.ts';
import { reconcile } from '../promotion/reconcile.ts';
import { ensureRegistry, registryRecorded } from '../registry-setup/setup.ts';
import { share } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { loadContext } from './dataset.ts';
import { findRun } from './runs-show.ts';

export const promote: Command<Workspace> = {
  name: 'promote',
  memory: 'computes',
  summary: 'open a pull request that makes a candidate the baseline, and let the gate decide',
  details:
    'Without a run, the last completed one is promoted. The first promotion makes the registry, if `pawl registry init` has not. The gate scores candidate and baseline again on the pinned evaluation set, in a process of its own; the pull request is merged only if it passes. Exit code 1 if it does not, 3 if the gate itself failed: the pull request then stays open, and the same command or `pawl reconcile` has it judged again.',
  json: true,
  arguments: [{ name: 'run', description: 'the run whose candidate to promote', optional: true }],
  flags: [{ flags: '--no-wait', description: 'end as soon as the gate, or a person, elsewhere has to answer' }],
  examples: [
    ['pawl promote', 'the last run'],
    ['pawl promote 1v8k2m0p4qxa', 'a certain run'],
  ],
  async run({ args: [wanted], flags, workspace, out, signal }) {
    const views = await workspace.views();
    const run =
      wanted === undefined ? lastCompleted([...views.rows(runs)], workspace.config.model) : findRun(views, wanted);
    if (run.model === workspace.config.model) await firstRegistry(workspace, run, out, signal);
    const ended = await promoteRun(workspace, run, out, { signal, ...(flags.wait === false ? { waitMs: 0 } : {}) });
    if (ended.kind === 'done') {
      out.result(
        { status: 'in-production', version: ended.version },
        () => `v${ended.version} is this candidate, and is in production already`,
      );
      return 0;
    }
    out.result(summary(ended.promotion), () => describe(ended.promotion));
    return exitCode(ended.promotion);
  },
};

/** Before anything was ever promoted there is no registry: the test rows of the run's own data become its evaluation set. */
export async function firstRegistry(workspace: Workspace, run: Run, out: Output, signal: AbortSignal): Promise<void> {
  if (await registryRecorded(workspace)) return;
  const { created } = await ensureRegistry(workspace, () =>
    loadDataset({ ...DataOptions.parse(run.dataOptions), holdOut: 0 }, loadContext(workspace, out, signal)),
  );
  if (created)
    out.say(
      `made the registry ${workspace.path(workspace.config.registry.path)}; evaluation set: the test rows of run ${run.id}`,
    );
}

type Ended =
  | { readonly kind: 'done'; readonly version: number }
  | { readonly kind: 'ended'; readonly promotion: Promotion };

/** Takes a run's candidate through pull request and gate. @throws {NotPromotableError} {GateTimeoutError} */
export async function promoteRun(
  workspace: Workspace,
  run: Run,
  out: Output,
  { waitMs = workspace.gateWaitMs, signal }: Partial<Patience> = {},
): Promise<Ended> {
  if (!run.candidate) throw new NotPromotableError(`run ${run.id} has no candidate: it is ${run.status}`);
  const ports = workspace.promotions((line) => out.say(line));
  await reconcile(ports);
  const { model, proposal } = await ports.process.propose(run.candidate.manifest, run.id);
  if (proposal.kind === 'done') return proposal;
  const id = proposal.kind === 'open' ? proposal.promotionId : proposal.fact.data.promotionId;
  await ports.process.endSuperseded(model, id);
  const promotion = await ports.process.finish(model, id, { waitMs, ...(signal ? { signal } : {}) });
  await recordCheckpoints(ports);
  return { kind: 'ended', promotion };
}

function lastCompleted(all: readonly Run[], model: string): Run {
  const completed = all.filter((r) => r.status === 'completed' && r.model === model);
  const last = completed.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))[0];
  if (last) return last;
  throw new NotPromotableError(`no run of ${model} has completed: start one with \`pawl train\``);
}

/** Whether the gate came to no answer on a promotion that is still open. */
export const isUnjudged = ({ status, judged }: Promotion): boolean =>
  status === 'open' && judged !== null && couldNotJudge(judged);

export const exitCode = (promotion: Promotion): number =>
  isUnjudged(promotion) ? 3 : promotion.status === 'rejected' ? 1 : 0;

/** The part of a promotion that scripts want. */
export const summary = ({ id, model, status, candidate, pullRequest, judged, merge, rejection }: Promotion) => ({
  promotion: id,
  model,
  status,
  version: candidate.version,
  pullRequest: pullRequest?.number ?? null,
  url: pullRequest?.url ?? null,
  result: judged?.result ?? null,
  measured: judged?.measured ?? null,
  reasons: rejection?.reasons ?? judged?.reasons ?? [],
  commit: merge?.commit ?? null,
});

export function describe(promotion: Promotion): string {
  const { model, candidate, status, judged, pullRequest, merge, rejection } = promotion;
  const measured = judged?.measured;
  const reasons = (rejection?.reasons ?? judged?.reasons ?? []).map((r) => `  ${r.message} [${r.code}]`);
  if (isUnjudged(promotion))
    return [
      `could not judge ${model} v${candidate.version}: it is neither refused nor merged, and waits in ${pullRequest?.url ?? 'its pull request'}`,
      ...reasons,
      'next: mend that, then pawl reconcile',
    ].join('\n');
  if (status === 'open')
    return `${model} v${candidate.version} waits in ${pullRequest?.url ?? 'its pull request'} for ${judged ? 'approval or its merge' : 'the gate’s verdict'}; \`pawl reconcile\` goes on`;
  return [
    status === 'merged'
      ? `${model} v${candidate.version} is in production (pull request ${pullRequest?.number}, commit ${merge?.commit.slice(0, 12)})`
      : `${model} v${candidate.version} was refused (pull request ${pullRequest?.number}): ${rejection?.cause ?? ''}`,
    ...(measured
      ? [
          `  ${measuredName(measured)} ${share(measured.candidateF1)}, baseline ${measured.baselineF1 === null ? 'none' : share(measured.baselineF1)}, required ${share(measured.requiredF1)}`,
        ]
      : []),
    ...reasons,
  ].join('\n');
}
