import { RegistryAt } from '../../registry-repo/registry.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { wholeNumber } from './numbers.ts';

export const gate: Command<Workspace> = {
  name: 'gate',
  summary: 'judge a pull request of the registry, and show the verdict; nothing is merged or recorded',
  details:
    'The rules, the evaluation set and the baseline are read from main, the candidate from the pull request’s commit. Exit code 0 for a pass, 1 for anything else.',
  json: true,
  arguments: [{ name: 'number', description: 'the pull request' }],
  examples: [['pawl gate 7', 'would pull request 7 pass now?']],
  async run({ args: [wanted], workspace, out }) {
    const ports = workspace.promotions((line) => out.say(line));
    const pull = await ports.forge.pullRequest(wholeNumber(wanted, 'the pull request', 0));
    const base = await ports.forge.sync();
    const { judgement } = await ports.judge({ head: pull.head, base, pullRequest: pull.number, reason: pull.title });
    const { result, reasons, measured, model, class: kind, durationMs } = judgement;
    const rules = model === null ? null : (await new RegistryAt(ports.forge.git, base).policy()).value.models[model];
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
          `pull request ${pull.number}: ${result}`,
          textTable(
            ['reason', 'what'],
            reasons.map((r) => [r.code, r.message]),
          ),
          ...(measured
            ? [
                `F1 ${share(measured.candidateF1)}, baseline ${measured.baselineF1 === null ? 'none' : share(measured.baselineF1)}, required ${share(measured.requiredF1)}`,
              ]
            : []),
        ].join('\n\n'),
    );
    return result === 'pass' ? 0 : 1;
  },
};
