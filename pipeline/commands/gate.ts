import { measuredName } from '../../registry-repo/averaging.ts';
import { couldNotJudge } from '../../registry-repo/gate/whose-fault.ts';
import type { Git } from '../../registry-repo/git.ts';
import { reasonOf } from '../../registry-repo/proposal-message.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { wholeNumber } from './numbers.ts';

export const gate: Command<Workspace> = {
  memory: 'computes',
  details:
    'Reads the rules, the evaluation set and the baseline from main, and the candidate from the pull request’s commit. Exit code 0 for a pass, 1 for a refusal, 3 if the gate itself failed and could not judge.',
  json: true,
  arguments: [{ name: 'number', description: 'the pull request' }],
  examples: [['pawl gate 7', 'would pull request 7 pass now?']],
  async run({ args: [wanted], workspace, out }) {
    const forge = workspace.forge();
    const pull = await forge.pullRequest(wholeNumber(wanted, 'the pull request', 0));
    const base = await forge.sync();
    const { judgement } = await workspace.judge(null)({
      head: pull.head,
      base,
      pullRequest: pull.number,
      reason: await rollbackReason(forge.git, pull.head),
    });
    const { result, reasons, measured, model, class: kind, durationMs } = judgement;
    const rules = model === null ? null : (await new RegistryAt(forge.git, base).policy()).value.models[model];
    out.result(
      {
        pullRequest: pull.number,
        head: pull.head,
        base,
        result,
        class: kind,
        model,
        reasons,
        measured,
        rules,
        durationMs,
      },
      () =>
        [
          `pull request ${pull.number}: ${couldNotJudge(judgement) ? 'could not judge' : result}`,
          textTable(
            ['reason', 'what'],
            reasons.map((r) => [r.code, r.message]),
          ),
          ...(measured
            ? [
                `${measuredName(measured)} ${share(measured.candidateF1)}, baseline ${measured.baselineF1 === null ? 'none' : share(measured.baselineF1)}, required ${share(measured.requiredF1)}`,
              ]
            : []),
        ].join('\n\n'),
    );
    if (couldNotJudge(judgement)) return 3;
    return result === 'pass' ? 0 : 1;
  },
};

/** Why the commit wants production to go back; null if it does not say. */
export const rollbackReason = async (git: Git, head: string): Promise<string | null> =>
  reasonOf((await git.commit(head)).message);
