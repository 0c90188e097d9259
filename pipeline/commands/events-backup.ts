import { statSync } from 'node:fs';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { UsageError } from '../operations/not-found.ts';
import type { Workspace } from '../workspace.ts';
import { placeOutput } from '../write-output.ts';
import type { Command } from './command.ts';

export const eventsBackup: Command<Workspace> = {
  arguments: [{ name: 'file', description: 'the new file' }],
  examples: [
    ['pawl events backup backup.db', 'a consistent copy'],
    ['pawl audit --log backup.db', 'does the copy hold against the registry?'],
  ],
  async run({ args: [file = ''], workspace, out }) {
    const { store: kind, path } = workspace.config.events;
    const store = kind === 'git' ? workspace.logAsItIs() : new SqliteStore(workspace.path(path), { readOnly: true });
    try {
      const path = workspace.here(file);
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0)
        throw new UsageError(`${file} is there already: name a new file`);
      await placeOutput(path, (draft) => store.copyTo(draft));
      out.say(`${await store.position()} events copied to ${file}`);
    } finally {
      if (kind !== 'git') await store.close();
    }
    return 0;
  },
};
