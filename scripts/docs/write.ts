import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readRecorded } from '../../bench/recorded.ts';
import { arrows, DIAGRAM_MARKS, diagram } from '../../test/support/folder-layers.ts';
import { root } from '../../test/support/paths.ts';
import { benchmarksPage } from './benchmarks/page.ts';
import { withBetween } from './marks.ts';
import { referencePages } from './reference.ts';

// `npm run docs`: brings the generated pages in line with the source. A test says whether they are.

const pageOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const [ARCHITECTURE, BENCHMARKS] = ['docs/architecture.md', 'docs/benchmarks.md'];

const pages: readonly (readonly [path: string, text: string])[] = [
  ...(await referencePages()),
  [ARCHITECTURE, withBetween(pageOf(ARCHITECTURE), DIAGRAM_MARKS, diagram(arrows()))],
  [BENCHMARKS, benchmarksPage(pageOf(BENCHMARKS), readRecorded(join(root, 'bench/recorded')))],
];

for (const [path, text] of pages) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
