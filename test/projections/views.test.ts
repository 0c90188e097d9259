import { join } from 'node:path';
import { MemoryViews } from '../../projections/views.memory.ts';
import { SqliteViews } from '../../projections/views.sqlite.ts';
import { viewsContract } from '../contract/views.ts';
import { temporaryFolder } from '../support/paths.ts';

viewsContract('memory', () => new MemoryViews());
viewsContract('sqlite', () => new SqliteViews(join(temporaryFolder(), 'views.db')));
