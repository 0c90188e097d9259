import { evaluatedOf } from '../../registry-repo/gate/evaluated.ts';
import { UsageError } from '../operations/not-found.ts';
import type { Workspace } from '../workspace.ts';
import { writeOutput } from '../write-output.ts';
import { type Command, type Invocation, text } from './command.ts';
import { rollbackReason } from './gate.ts';
import { wholeNumber } from './numbers.ts';

export const GATE_FLAGS = [
  { flags: '--pr <number>', description: 'the pull request' },
  { flags: '--head <commit>', description: 'its commit to judge, all 40 digits' },
] as const;

export const gateEvaluate: Command<Workspace> = {
  memory: 'computes',
  details:
    'This is the first half of a gate in a workflow. It loads and scores the models, which may be hostile, and writes the counts. `pawl gate publish` decides, and never loads a model. Exit code 0 if there is a result to publish, even a refusal.',
  flags: [...GATE_FLAGS, { flags: '--out <file>', description: 'where to write the counts (JSON)' }],
  examples: [['pawl gate evaluate --pr 7 --head 5f0c…  --out evaluated.json', 'in the job without secrets']],
  async run(invocation) {
    const { workspace, out } = invocation;
    const { number, head } = gateQuestion(invocation);
    const file = text(invocation, 'out');
    if (file === undefined) throw new UsageError('say where to write: --out FILE');
    const forge = workspace.forge();
    const base = await forge.sync();
    const pull = await forge.pullRequest(number);
    const reason = (await forge.git.commitId(head)) === null ? null : await rollbackReason(forge.git, head);
    const answer = await workspace.judge(null)({ head, base, pullRequest: pull.number, reason });
    await writeOutput(workspace.here(file), [JSON.stringify(evaluatedOf(number, answer))]);
    const { result, reasons } = answer.judgement;
    out.say(`${result}: ${reasons.map((r) => r.message).join('; ')}`);
    return 0;
  },
};

/** The pull request and commit that a gate has to judge. @throws {UsageError} */
export function gateQuestion(invocation: Invocation<Workspace>): { number: number; head: string } {
  const number = wholeNumber(text(invocation, 'pr'), '--pr', 1);
  const head = text(invocation, 'head') ?? '';
  if (!/^[0-9a-f]{40}$/.test(head)) throw new UsageError('name the commit to judge: --head and all its 40 hex digits');
  return { number, head };
}
