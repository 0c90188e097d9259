import { type Diagnosis, diagnose } from '../operations/doctor/doctor.ts';
import { probeAgain } from '../registry-setup/probe-again.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { refuse } from './refuse.ts';

export const doctor: Command<Workspace> = {
  details:
    'Changes nothing, except that it updates the local copy of the log if the event store is git. Exit code 1 if there is a problem; warnings do not count. With --probe it tries what the registry’s server enforces, on branches that it removes again.',
  json: true,
  flags: [{ flags: '--probe', description: 'try what the registry’s server really enforces' }],
  examples: [
    ['pawl doctor', 'is this machine fit to train, judge and serve?'],
    ['pawl doctor --probe', 'after an update of the server that the registry is on'],
  ],
  async run(invocation) {
    const { workspace, out, flags } = invocation;
    if (workspace.config.registry.forge === 'local')
      refuse(
        invocation,
        ['--probe'],
        'the registry is on this machine, and no server enforces anything (registry.forge)',
      );
    if (flags.probe === true) await probeAgain(workspace);
    const found = await diagnose(workspace);
    out.result(found, () => found.map(line).join('\n'));
    return found.some((d) => d.state === 'problem') ? 1 : 0;
  },
};

const MARKS: Record<Diagnosis['state'], string> = { ok: '✔', warning: '!', problem: '✘' };
const line = ({ name, state, what, fix }: Diagnosis): string =>
  `${MARKS[state]} ${name.padEnd(16)} ${what}${fix === null ? '' : `\n  ${' '.repeat(16)} → ${fix}`}`;
