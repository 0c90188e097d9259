import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

const candidates = [process.env.PAWL_TEST_IMDB, join(root, '../shared/data/aclImdb-dev.tar.gz')];

/** Real reviews, if this machine has them: PAWL_TEST_IMDB names an archive or a folder in the original's layout. */
export const imdbArchive = (): string | null => candidates.find((path) => path && existsSync(path)) ?? null;
