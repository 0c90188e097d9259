import { evaluatedOf } from '../../registry-repo/gate/evaluated.ts';
import { UsageError } from '../operations/not-found.ts';
import type { Workspace } from '../workspace.ts';
import { writeOutput } from '../write-output.ts';
import { type Command, type Invocation, text } from './command.ts';
import { rollbackReason } from './gate.ts';
import { wholeNumber } from './numbers.ts';

export const GATE_FLAGS = [
  { flags: '--pr <number>', description: 'the pull request' },
  { flags: '--head <commit>', description: 'the commit of it to judge, all 40 digits' },
] as const;

export const gateEvaluate: Command<Workspace> = {
  memory: 'computes',
  details:
    'The first half of a gate in a workflow: loads and scores the models, which may be hostile, and writes what it counted. `pawl gate publish`, which never loads a model, decides. Exit code 0 if there is an answer to publish, whatever it is.',
  flags: [...GATE_FLAGS, { flags: '--out <file>', description: 'where to write what was counted (JSON)' }],
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

/** Which pull request and commit a gate is asked about. @throws {UsageError} */
export function gateQuestion(invocation: Invocation<Workspace>): { number: number; head: string } {
  const number = wholeNumber(text(invocation, 'pr'), '--pr', 1);
  const head = text(invocation, 'head') ?? '';
  if (!/^[0-9a-f]{40}$/.test(head)) throw new UsageError('name the commit to judge: --head and all its 40 hex digits');
  return { number, head };
}
