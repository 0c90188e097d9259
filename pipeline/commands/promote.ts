import type { Promotion } from '../../projections/promotions.ts';
import { runs } from '../../projections/runs.ts';
import { measuredName } from '../../registry-repo/averaging.ts';
import { couldNotJudge } from '../../registry-repo/gate/whose-fault.ts';
import { findRun, lastCompleted } from '../operations/find.ts';
import { firstRegistry, promoteRun } from '../operations/promote.ts';
import { share } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const promote: Command<Workspace> = {
  memory: 'computes',
  details:
    'Without a run, the last completed run is promoted. The first promotion makes the registry, if `pawl registry init` has not. The gate scores candidate and baseline again on the pinned evaluation set, in a separate process. The pull request is merged only if it passes. Exit code 1 if it does not pass, 3 if the gate itself failed: then the pull request stays open, and the same command or `pawl reconcile` has it judged again.',
  json: true,
  arguments: [{ name: 'run', description: 'the run whose candidate to promote', optional: true }],
  flags: [{ flags: '--no-wait', description: 'do not wait for a gate or a person elsewhere' }],
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

/** Whether the gate could not judge a promotion that is still open. */
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
