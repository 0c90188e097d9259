import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';
import { readmeTables, withTables } from './readme-tables.ts';

// `npm run readme`: brings the generated tables of README.md in line with the source.

const file = join(root, 'README.md');
writeFileSync(`${file}.new`, withTables(readFileSync(file, 'utf8'), await readmeTables()));
renameSync(`${file}.new`, file);
