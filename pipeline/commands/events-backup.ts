import { chmodSync } from 'node:fs';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { usersMode } from '../state-folder.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const eventsBackup: Command<Workspace> = {
  arguments: [{ name: 'file', description: 'the new file' }],
  examples: [
    ['pawl events backup backup.db', 'a consistent copy'],
    ['pawl audit --log backup.db', 'does the copy hold against the registry?'],
  ],
  async run({ args: [file = ''], workspace, out }) {
    const { store: kind, path } = workspace.config.events;
    const store =
      kind === 'git' ? workspace.copyableStore() : new SqliteStore(workspace.path(path), { readOnly: true });
    try {
      const path = workspace.here(file);
      await store.copyTo(path);
      chmodSync(path, usersMode());
      out.say(`${await store.position()} events copied to ${file}`);
    } finally {
      if (kind !== 'git') await store.close();
    }
    return 0;
  },
};
