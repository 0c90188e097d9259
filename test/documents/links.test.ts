import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documents, withoutBlocks } from '../support/documents.ts';
import { root } from '../support/paths.ts';

const links = suite('links');

const textOf = new Map(documents.map(({ path, text }) => [path, withoutBlocks(text)]));

/** Every anchor of a page, as GitHub makes them from headings: a heading that was there already gets a number. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const name = anchorOf(heading);
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
  return new Set(anchors);
}

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

type Link = { readonly file: string; readonly anchor: string; readonly target: string };

/** Links of a page that lead to files here. */
const linksOf = (path: string): Link[] =>
  [...(textOf.get(path) ?? '').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^(?:https?|mailto):/.test(target)) return [];
    const [file = '', anchor = ''] = target.split('#');
    return [{ file: file === '' ? path : normalize(join(dirname(path), file)), anchor, target }];
  });

/** Metrics of the test rows begin as the folder does. */
const isMetric = (path: string, named: string): boolean =>
  path === 'docs/reference/metrics.md' && named.startsWith('test/');

for (const { path } of documents)
  links(`links and paths of ${path} lead somewhere`, () => {
    for (const { file, anchor, target } of linksOf(path)) {
      assert.not(file.startsWith('..'), `${path}: ${target} leads out of the project`);
      assert.ok(existsSync(join(root, file)), `${path}: ${target}`);
      assert.is(statSync(join(root, file)).isDirectory(), target.endsWith('/'), `${path}: ${target} ends as a folder`);
      if (anchor !== '') assert.ok(anchorsOf(textOf.get(file) ?? '').has(anchor), `${path}: ${target}`);
    }
    const folders = '(?:events|projections|registry-repo|pipeline|server|test|bench|scripts|docs|\\.ci|\\.github)/';
    for (const [, named = ''] of (textOf.get(path) ?? '').matchAll(new RegExp(`\`(${folders}[\\w./-]*)\``, 'g')))
      if (!named.includes('NAME') && !isMetric(path, named))
        assert.ok(
          [named, `test/${named}.test.ts`, `test/${named}.slow.ts`].some((file) => existsSync(join(root, file))),
          `${path}: ${named}`,
        );
  });

links('every page of docs/ can be reached from README.md', () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const { file } of linksOf(path)) if (textOf.has(file)) visit(file);
  };
  visit('README.md');
  assert.equal(
    [...textOf.keys()].filter((path) => path.startsWith('docs/') && !reached.has(path)),
    [],
  );
});

links('an anchor that is not there is found', () => {
  assert.equal([...anchorsOf('# One\n\n## Two: `x`\n\n## One\n')], ['one', 'two-x', 'one-1']);
});

links.run();
