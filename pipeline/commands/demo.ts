import { demonstrate } from '../operations/demo.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const demo: Command<Workspace> = {
  memory: 'serves',
  details:
    'Uses the sample data, no network, and none of your settings. Exit code 1 if a step does not give the expected result.',
  examples: [['pawl demo', 'about a minute']],
  async run({ out, signal }) {
    const asTold = await demonstrate(out, signal);
    out.say(asTold ? '\nEverything came out as it should.' : '\nSomething did not come out as it should.');
    return asTold ? 0 : 1;
  },
};
