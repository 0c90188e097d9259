import { NotPromotableError } from '../promotion/decide.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { wholeNumber } from './numbers.ts';

export const approve: Command<Workspace> = {
  details:
    'Where gate.json says `"merge": "after-approval"`, a pass waits for this. Another commit in the pull request needs another approval. `pawl reconcile` merges afterwards, or the registry’s own workflow does.',
  arguments: [{ name: 'number', description: 'the pull request' }],
  examples: [['pawl approve 7', 'you have read it, and it may go into production']],
  async run({ args: [wanted], workspace, out }) {
    const forge = workspace.forge();
    const pull = await forge.pullRequest(wholeNumber(wanted, 'the pull request', 0));
    if (pull.state !== 'open')
      throw new NotPromotableError(`pull request ${pull.number} is ${pull.state}: nothing to approve`);
    await forge.approve(pull.number, pull.head);
    out.say(`approved of ${pull.head} in ${pull.url}; \`pawl reconcile\` goes on`);
    return 0;
  },
};
