import { NotPromotableError } from '../promotion/decide.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { wholeNumber } from './numbers.ts';

export const approve: Command<Workspace> = {
  details:
    'Where gate.json says `"merge": "after-approval"`, a candidate that passed waits for this approval. Another commit in the pull request needs another approval. Afterwards `pawl reconcile` or the registry’s own workflow merges.',
  arguments: [{ name: 'number', description: 'the pull request' }],
  examples: [['pawl approve 7', 'after you have read it']],
  async run({ args: [wanted], workspace, out }) {
    const forge = workspace.forge();
    const pull = await forge.pullRequest(wholeNumber(wanted, 'the pull request', 0));
    if (pull.state !== 'open')
      throw new NotPromotableError(`pull request ${pull.number} is ${pull.state}: nothing to approve`);
    await forge.approve(pull.number, pull.head);
    out.say(`approved ${pull.head} in ${pull.url}; \`pawl reconcile\` goes on`);
    return 0;
  },
};
