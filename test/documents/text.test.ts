import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eventTypes } from '../../events/catalogue.ts';
import { Config, settings } from '../../pipeline/config/config.ts';
import { yamlLayer } from '../../pipeline/config/layers.ts';
import { resolveConfig } from '../../pipeline/config/resolve.ts';
import { commands } from '../../scripts/docs/commands.ts';
import { blocksOf, documents, executed, withoutBlocks } from '../support/documents.ts';
import { root } from '../support/paths.ts';

const blocks = blocksOf(documents);
const shell = blocks.filter((b) => b.language === 'sh');

const text = suite('what the documents say');

text('blocks are run, checked, or plainly output', () => {
  const wrong = blocks.filter(
    ({ language, path }) =>
      !['sh', 'console', 'text', 'yaml', 'mermaid'].includes(language) &&
      !(language === 'json' && path === 'docs/reference/events.md'),
  );
  assert.equal(
    wrong.map(({ path, line }) => `${path}, line ${line}`),
    [],
  );
  assert.ok(shell.length > 10);
  // The last one is for the repository that it is copied into.
  const run = [...executed.flat().map(({ path }) => path), 'registry-repo/seed/README.md'];
  for (const { path, line } of shell) assert.ok(run.includes(path), `${path}, line ${line}: nothing runs it`);
  for (const { text: lines } of blocks.filter((b) => b.language === 'console'))
    for (const line of lines.trim().split('\n')) assert.match(line, /^\$ pawl /);
});

text('settings shown are settings', () => {
  const shown = blocks.filter((b) => b.language === 'yaml');
  const written = shell.flatMap(({ path, text: lines }) =>
    [...lines.matchAll(/<<'YAML'\n([\s\S]*?)^YAML$/gm)].map((m) => ({ path, text: m[1] as string })),
  );
  assert.ok(shown.length > 0 && written.length > 0);
  for (const { path, text: yaml } of [...shown, ...written]) resolveConfig(Config, settings, [yamlLayer(yaml, path)]);
});

/** Inline code and the lines of shell blocks: whatever a reader may type. */
const typed = [
  ...documents.flatMap(({ text: page }) =>
    [...withoutBlocks(page).matchAll(/`([^`\n]+)`/g)].map((m) => m[1] as string),
  ),
  ...blocks.filter((b) => ['sh', 'console'].includes(b.language)).flatMap((b) => b.text.split('\n')),
].flatMap((line) => [...line.matchAll(/(?:^|\$ |&& |\$\()(pawl [^&|>)$]*)/g)].map((m) => (m[1] as string).trim()));

text('commands and flags that are mentioned exist', () => {
  assert.ok(typed.length > 40);
  for (const line of typed) {
    const words = line.split(' ').slice(1);
    if (words[0] === 'COMMAND' || words[0]?.startsWith('--')) continue;
    const command = commands.find((c) => c.name === words.slice(0, c.name.split(' ').length).join(' '));
    assert.ok(command, `${line}: no such command`);
    const own = (command.flags ?? []).flatMap((f) => f.flags.match(/--[a-z-]+/g) ?? []);
    const known = [...own, '--help', ...(command.json ? ['--json'] : [])];
    for (const flag of line.match(/(?<= )--[a-z-]+/g) ?? []) assert.ok(known.includes(flag), `${line}: no ${flag}`);
  }
});

text('every package has its line', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  assert.equal(firstColumn('dependencies'), Object.keys({ ...dependencies, ...devDependencies }));
});

text('every event has its stream', () => {
  const table = section('docs/architecture.md', '# Architecture');
  for (const type of eventTypes) assert.match(table, new RegExp(`[ ,]${type}[ ,]`), type);
});

text('the minimum of the gate is the one of a new registry', () => {
  const minimum = settings.find((s) => s.path.join('.') === 'policy.minimum')?.default;
  for (const path of ['README.md', 'docs/security-model.md'])
    assert.match(section(path, '## The gate'), `No baseline: F1 ≥ ${minimum}.`);
});

const pageOf = (path: string): string => documents.find((page) => page.path === path)?.text ?? '';

const section = (path: string, title: string): string => {
  const page = `\n${pageOf(path)}`;
  const start = page.indexOf(`\n${title}\n`) + 1;
  assert.ok(start > 0, `${path}: ${title}`);
  const end = page.indexOf(`\n${title.split(' ')[0]} `, start);
  return page.slice(start, end < 0 ? undefined : end);
};

/** What is in backticks in the first column of a table of CONTRIBUTING.md that stands after a marker. */
function firstColumn(marker: string): string[] {
  const [, tables = ''] =
    new RegExp(`<!-- ${marker} -->([\\s\\S]*?)<!-- end of `).exec(pageOf('CONTRIBUTING.md')) ?? [];
  const cells = tables.split('\n').map((line) => /^\| (`.*?) \|/.exec(line)?.[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1] as string));
}

text('README is short', () => assert.ok(pageOf('README.md').split('\n').length <= 180));

text.run();
