import { UsageError } from '../operations/not-found.ts';
import { restoreLog } from '../operations/restore-log.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const eventsRestore: Command<Workspace> = {
  details:
    'The file must be an intact copy of the log that the checkpoints on main were signed for. It may be older: `pawl reconcile` then takes up what main proves happened since. The copy becomes the log whole or not at all, and the file before is kept beside it. Stop servers and other commands first, because they would go on with the file before.',
  arguments: [{ name: 'file', description: 'a copy that `pawl events backup` made' }],
  examples: [
    ['pawl events restore backup.db', 'after the log was lost'],
    ['pawl reconcile', 'then: what main proves happened since'],
  ],
  async run({ args: [file = ''], workspace, out }) {
    if (workspace.config.events.store === 'git')
      throw new UsageError(
        'the log is on a git branch (events.store: git): push the branch again from a machine that has it, as refs/pawl/log of the folder beside events.path that ends in .git',
      );
    workspace.keepState();
    const stamp = workspace.clock().toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
    const { events, before, lacking } = await restoreLog(workspace, workspace.here(file), stamp);
    out.say(`${events} events restored from ${file}`);
    if (before !== null) out.say(`the file before is ${before}`);
    const most = Math.max(0, ...lacking.map(({ proof }) => proof.size));
    if (lacking.length > 0)
      out.say(
        `main proves that the log had ${most} events: ${lacking.length} checkpoints there were signed for events that are not in this copy`,
      );
    out.say(lacking.length > 0 ? 'next: pawl reconcile' : 'next: pawl audit');
    return 0;
  },
};
