import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { eventTypes } from '../events/catalogue.ts';
import { commands } from '../pipeline/commands/commands.ts';
import { Config, settings } from '../pipeline/config/config.ts';
import { yamlLayer } from '../pipeline/config/layers.ts';
import { resolveConfig } from '../pipeline/config/resolve.ts';
import { root } from './support/paths.ts';
import { type Block, blocksIn, freePort, Reader, readyLine } from './support/readme-blocks.ts';
import { readmeTables, tablesIn } from './support/readme-tables.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = blocksIn(readme);
const shell = blocks.filter((b) => b.language === 'sh');

const reader = new Reader(await freePort());
const ran = suite('every shell block of the README, in order');

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const titleOf = (b: Block) => `line ${b.line}: ${b.text.split('\n')[0]}`;

async function runs(block: Block): Promise<void> {
  const { code, output } = await reader.run(block);
  assert.is(code, 0, `${block.text}\nexit code ${code}\n${output}`);
}

for (const [i, block] of shell.entries()) {
  const ready = readyLine(block);
  const next = shell[i + 1];
  // What asks a server is for a second terminal: it runs while the block before it is up.
  const companion = (b: Block | undefined): b is Block => b?.text.includes('curl ') === true;
  if (companion(block)) continue;
  ran(titleOf(block), async () => {
    if (!ready) return runs(block);
    let asked = false;
    const { code, output } = await reader.runUntil(block, ready, async () => {
      asked = true;
      if (!companion(next)) return;
      if (hasCurl) await runs(next);
      else process.stdout.write(`SKIPPED ${titleOf(next)}: there is no curl here\n`);
    });
    assert.ok(asked, `it never said ${ready}:\n${output}`);
    assert.is(code, 0, `stopped, it ended with ${code}:\n${output}`);
  });
}

const text = suite('what the README says');

text('blocks are run, checked, or plainly output', () => {
  assert.equal(
    [...new Set(blocks.map((b) => b.language))].filter(
      (l) => !['sh', 'console', 'text', 'yaml', 'mermaid'].includes(l),
    ),
    [],
  );
  assert.ok(shell.length > 10);
  for (const { text: lines } of blocks.filter((b) => b.language === 'console'))
    for (const line of lines.trim().split('\n')) assert.match(line, /^\$ pawl /);
});

text('settings shown are settings', () => {
  const shown = blocks.filter((b) => b.language === 'yaml').map((b) => b.text);
  const written = shell.flatMap((b) => [...b.text.matchAll(/<<'YAML'\n([\s\S]*?)^YAML$/gm)].map((m) => m[1] as string));
  assert.ok(shown.length > 0 && written.length > 0);
  for (const yaml of [...shown, ...written]) resolveConfig(Config, settings, [yamlLayer(yaml, 'README.md')]);
});

/** Inline code and the lines of shell blocks: whatever a reader may type. */
const typed = [
  ...[...readme.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map((m) => m[1] as string),
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

text('tables are those that the source gives: npm run readme writes them', async () => {
  const [wanted, found] = [await readmeTables(), tablesIn(readme)];
  assert.equal([...found.keys()], [...wanted.keys()]);
  for (const [name, table] of wanted) assert.is(found.get(name), table, name);
});

text('every package has its line', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  assert.equal(firstColumn('dependencies'), Object.keys({ ...dependencies, ...devDependencies }));
});

text('every event has its stream', () => {
  const table = section('## Architecture');
  for (const type of eventTypes) assert.match(table, new RegExp(`[ ,]${type}[ ,]`), type);
});

text('the minimum of the gate is the one of a new registry', () => {
  const minimum = settings.find((s) => s.path.join('.') === 'policy.minimum')?.default;
  assert.match(section('## The gate'), `No baseline: F1 ≥ ${minimum}.`);
});

const section = (title: string): string => {
  const start = readme.indexOf(`\n${title}\n`) + 1;
  assert.ok(start > 0, title);
  const end = readme.indexOf(`\n${title.split(' ')[0]} `, start);
  return readme.slice(start, end < 0 ? undefined : end);
};

/** What is in backticks in the first column of the tables after a marker. */
function firstColumn(marker: string): string[] {
  const [, tables = ''] = new RegExp(`<!-- ${marker} -->([\\s\\S]*?)<!-- end of `).exec(readme) ?? [];
  const cells = tables.split('\n').map((line) => /^\| (`.*?) \|/.exec(line)?.[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1] as string));
}

const fileOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The text of every source file in some folders. */
const sourceOf = (...folders: string[]): string =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    )
    .join('\n');

const all = (source: string, pattern: RegExp): string[] => [
  ...new Set([...source.matchAll(pattern)].map((m) => m[1] as string)),
];

text('every error code is explained, and no other', () => {
  const source = sourceOf('events', 'projections', 'registry-repo', 'pipeline', 'server');
  const union = /export type RequestErrorCode =([^;]*);/.exec(source)?.[1] ?? '';
  const codes = [
    ...all(source, /readonly code = '([a-z_]+)'/g),
    ...all(union, /'([a-z_]+)'/g),
    ...all(source, /(?:known \? error\.code : |code: )'(internal)'/g),
  ];
  assert.equal(firstColumn('codes: errors').toSorted(), [...new Set(codes)].sort());
});

text('every reason of the gate is explained, and no other', () => {
  const judging = sourceOf(
    'registry-repo/gate',
    'registry-repo/judge',
    'registry-repo/scoring',
    'registry-repo/onnx-scan',
  );
  const refused = all(sourceOf('pipeline/promotion/steps'), /\{ code: '([a-z-]+)'/g).map((code) => `'${code}'`);
  const source = [judging, fileOf('registry-repo/verdict/fits.ts'), ...refused].join('\n');
  const good = all(source, /passed\(\s*'([a-z0-9-]+)'/g);
  const notReasons = ['and-more', 'utf-8']; // the first stands for reasons that were left out
  const explained = firstColumn('codes: gate');
  const dashed = all(source, /'([a-z0-9]+(?:-[a-z0-9]+)+)'/g).filter((c) => ![...good, ...notReasons].includes(c));
  assert.equal(
    dashed.filter((code) => !explained.includes(code)),
    [],
  );
  assert.equal(
    explained.filter((code) => !source.includes(`'${code}'`)),
    [],
  );
  assert.is(new Set(explained).size, explained.length);
});

text('every finding of the audit is explained, and no other', () => {
  const source = sourceOf('pipeline/audit') + fileOf('events/chain.ts') + fileOf('registry-repo/verify/rejudge.ts');
  const codes = all(source, /(?:'(?:error|warning)',|wrong\(|failed\(|at\()\s*'([a-z-]+)'/g);
  assert.equal(firstColumn('codes: audit').toSorted(), codes.sort());
});

/** As GitHub makes them from headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

for (const page of ['README.md', 'REFLECTION.md'])
  text(`links and paths of ${page} lead somewhere`, () => {
    const markdown = readFileSync(join(root, page), 'utf8');
    const anchors = [...markdown.matchAll(/^#+ (.+)$/gm)].map((m) => anchorOf(m[1] as string));
    for (const [, target = ''] of markdown.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      if (target.startsWith('#')) assert.ok(anchors.includes(target.slice(1)), `${page}: ${target}`);
      else assert.ok(existsSync(join(root, target)), `${page}: ${target}`);
    }
    const folders = '(?:events|projections|registry-repo|pipeline|server|test|bench|\\.ci|\\.github)/';
    for (const [, path = ''] of markdown.matchAll(new RegExp(`\`(${folders}[\\w./-]*)\``, 'g')))
      if (!path.includes('NAME')) assert.ok(existsSync(join(root, path)), `${page}: ${path}`);
  });

ran.run();
text.run();
