import { join } from 'node:path';
import { MemoryStore } from '../../events/store.memory.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { eventStoreContract } from '../contract/event-store.ts';
import { emptyRepository, machine } from '../support/log-branch.ts';
import { temporaryFolder } from '../support/paths.ts';

eventStoreContract('memory', async () => new MemoryStore());
eventStoreContract('sqlite', async () => new SqliteStore(join(temporaryFolder(), 'events.db'), { pollMs: 5 }));
eventStoreContract('git branch', async () => machine((await emptyRepository()).gitDir).store);
