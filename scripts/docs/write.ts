import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { arrows, diagram, withDiagram } from '../../test/support/folder-layers.ts';
import { root } from '../../test/support/paths.ts';
import { referencePages } from './reference.ts';

// `npm run docs`: brings the generated pages in line with the source. A test says whether they are.

const ARCHITECTURE = 'docs/architecture.md';
const architecture = withDiagram(readFileSync(join(root, ARCHITECTURE), 'utf8'), diagram(arrows()));

for (const [path, text] of [...(await referencePages()), [ARCHITECTURE, architecture] as const]) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
