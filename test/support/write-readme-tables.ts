import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrows, diagram, withDiagram } from './folder-layers.ts';
import { root } from './paths.ts';
import { readmeTables, withTables } from './readme-tables.ts';

// `npm run readme`: brings the generated tables of README.md and the diagram of docs/architecture.md in line with the source.

const tables = await readmeTables();
rewrite('README.md', (page) => withTables(page, tables));
rewrite('docs/architecture.md', (page) => withDiagram(page, diagram(arrows())));

function rewrite(name: string, change: (page: string) => string): void {
  const file = join(root, name);
  writeFileSync(`${file}.new`, change(readFileSync(file, 'utf8')));
  renameSync(`${file}.new`, file);
}
