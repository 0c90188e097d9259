import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../test/support/paths.ts';
import { referencePages } from './reference.ts';

// `npm run docs`: brings the generated pages in line with the source. A test says whether they are.

for (const [path, text] of await referencePages()) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
