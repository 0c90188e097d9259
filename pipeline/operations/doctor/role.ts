import type { Keys } from '../../keys.ts';
import type { GatePlace } from '../../promotion/gate.ts';
import { type Answer, problem, warning } from '../../registry-setup/answer.ts';
import type { Workspace } from '../../workspace.ts';

/** What a machine can do is what its keys let it sign. */
export type Role = 'gate' | 'promoter' | 'reader';

export const roleOf = ({ gate, log }: Pick<Keys, 'gate' | 'log'>): Role =>
  gate ? 'gate' : log ? 'promoter' : 'reader';

/** Whether the keys and settings here are those of one role, and what is missing for it. */
export function checkRole(workspace: Pick<Workspace, 'keys' | 'gatePlace' | 'config'>): Answer {
  const { gatePlace, config } = workspace;
  const keys = workspace.keys();
  const role = roleOf(keys);
  if (role === 'reader') return 'reads alone: servers, audits, and proposals of nobody (no log key)';
  if (role === 'gate') {
    if (gatePlace === 'workflow')
      return warning(
        'this machine has the gate’s key, and the registry’s workflow is the gate: whoever reads this disk can sign verdicts',
        `once the workflow has it, move ${config.keys.path}/gate.pem to a place that only you can read`,
      );
    return gatePlace === 'watch'
      ? 'gate: `pawl gate watch` judges here what others propose'
      : `gate${keys.log ? ' and promoter' : ''}: judges here${keys.log ? ' what it proposes' : ''}`;
  }
  if (gatePlace === 'here')
    return problem('this machine has no gate key to judge with: it cannot promote', ELSEWHERE[config.registry.forge]);
  if (!keys.trusted.some((key) => key.role === 'gate'))
    return problem(
      'this machine proposes, and trusts no gate: it could not tell a verdict',
      `copy gate.pub.json to ${config.keys.path} from the machine that ran \`pawl registry init\``,
    );
  return `promoter: ${WAITS[gatePlace]}`;
}

/** What lets a machine without the gate's key propose. */
const ELSEWHERE = {
  local: 'set registry.gate to watch, and run `pawl gate watch` as the user who has gate.pem',
  gitea: 'set registry.gate to watch, and run `pawl gate watch` on the machine with gate.pem',
  github: 'set registry.gate to workflow, or to watch where a machine with gate.pem runs `pawl gate watch`',
} as const;

const WAITS: Readonly<Record<Exclude<GatePlace, 'here'>, string>> = {
  workflow: 'proposes, and the registry’s workflow judges',
  watch: 'proposes, and the machine that runs `pawl gate watch` judges',
};
