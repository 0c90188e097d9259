import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { root } from '../support/paths.ts';
import { action, workflows, written } from './files.ts';
import { lint, lintAction, type Rules } from './lint.ts';

const all = suite('workflows');

for (const { path, text, rules } of [...workflows, ...written])
  all(`attacks 03, 49, 60, 61: ${path} keeps every rule`, () => assert.equal(lint(text, rules), []));

all(`attacks 04, 49, 60, 61: ${action.path} keeps the rules of a gate`, () =>
  assert.equal(lintAction(action.text), []),
);

all('nothing but checkout, Node and our own action is ever used', () => {
  const used = [...workflows, ...written, action].flatMap(({ text }) =>
    [...text.matchAll(/\buses: ([^@\s]+)/g)].map((m) => m[1]),
  );
  const ours = ['./.github/actions/pawl', 'owner/pawl/.github/actions/pawl'];
  assert.equal([...new Set(used)].sort(), [...ours, 'actions/checkout', 'actions/setup-node'].sort());
});

all('every workflow file is looked at', () => {
  const folders = ['.github/workflows', 'registry-repo/seed/.github/workflows', 'pipeline/init'];
  const found = folders
    .filter((f) => existsSync(join(root, f)))
    .flatMap((f) => readdirSync(join(root, f)).map((n) => `${f}/${n}`));
  assert.equal(found.filter((f) => f.endsWith('.yml')).sort(), workflows.map((w) => w.path).sort());
});

all('Dependabot looks at every folder with workflows or actions, and at no placeholder', () => {
  const { updates } = parse(readFileSync(join(root, '.github/dependabot.yml'), 'utf8')) as {
    updates: { 'package-ecosystem': string; directories?: string[]; ignore?: { 'dependency-name': string }[] }[];
  };
  const actions = updates.find((u) => u['package-ecosystem'] === 'github-actions');
  const folders = [...workflows, action].map(({ path }) => `/${dirname(path)}`.replace(/^\/\.github\/workflows$/, '/'));
  assert.equal(
    [...new Set(folders)].filter((f) => !actions?.directories?.includes(f)),
    [],
  );
  assert.ok(actions?.ignore?.some((i) => i['dependency-name'].startsWith('owner/pawl')));
});

all('templates keep every rule as they are, before Pawl is filled in', () => {
  for (const { path, rules } of workflows) assert.equal(lint(readFileSync(join(root, path), 'utf8'), rules), [], path);
});

const bad = suite('the linter');
const rules: Rules = { triggers: ['push'], gate: true };
const good = `on: push
permissions: {}
jobs:
  a:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
        with:
          ref: main
          persist-credentials: false
      - run: echo "$TITLE"
`;

bad('finds nothing where nothing is wrong', () => assert.equal(lint(good, rules), []));

const WRONG: readonly [what: string, from: string, to: string, found: RegExp][] = [
  ['a moving tag', '@3d3c42e5aac5ba805825da76410c181273ba90b1', '@v7', /not pinned/],
  ['a short commit', '@3d3c42e5aac5ba805825da76410c181273ba90b1', '@3d3c42e', /not pinned/],
  ['an injection', 'echo "$TITLE"', 'echo "${' + '{ github.event.pull_request.title }}"', /inside run/],
  ['a broad permission at the top', 'permissions: {}', 'permissions: write-all', /at the top/],
  ['no permissions at the top', 'permissions: {}\n', '', /at the top/],
  ['a write permission', 'contents: read', 'contents: write', /may write contents/],
  ['write-all in a job', '    permissions:\n      contents: read\n', '    permissions: write-all\n', /not listed/],
  ['another trigger', 'on: push', 'on: [push, pull_request_target]', /triggers/],
  ['kept credentials', 'persist-credentials: false', 'persist-credentials: true', /credentials/],
  ['another branch', 'ref: main', 'ref: other', /other than main/],
  ['no timeout', '    timeout-minutes: 5\n', '', /timeout/],
  ['a cache', 'run: echo "$TITLE"', 'uses: actions/cache@3d3c42e5aac5ba805825da76410c181273ba90b1', /cache/],
  [
    'a secret without an environment',
    'run: echo "$TITLE"',
    'run: x\n        env:\n          A: ${' + '{ secrets.A }}',
    /environment/,
  ],
  [
    'all secrets at once',
    'run: echo "$TITLE"',
    'run: x\n        env:\n          A: ${' + '{ toJSON(secrets) }}',
    /environment/,
  ],
  ['secrets for every job', 'jobs:\n', 'env:\n  A: ${' + '{ secrets.A }}\njobs:\n', /every job/],
  [
    'an environment that was not meant',
    '    timeout-minutes: 5\n',
    '    timeout-minutes: 5\n    environment: gate\n',
    /its environment is gate/,
  ],
  ['a checkout on pull_request_target', 'on: push', 'on: pull_request_target', /checks something out/],
  ['a type of event that was not meant', 'on: push', 'on: { push: { types: [edited] } }', /push on edited/],
  ['another repository', 'ref: main', 'ref: main\n          repository: x/y', /another repository/],
  [
    'a cache of Node’s',
    'uses: actions/checkout@',
    'uses: actions/setup-node@3d3c42e5aac5ba805825da76410c181273ba90b1\n      - uses: actions/checkout@',
    /asks for one/,
  ],
  [
    'another workflow',
    '    runs-on: ubuntu-24.04\n',
    '    uses: x/y/.github/workflows/z.yml@main\n',
    /another workflow/,
  ],
];
for (const [what, from, to, found] of WRONG)
  bad(`finds ${what}`, () => {
    assert.ok(good.includes(from));
    assert.match(lint(good.replace(from, to), rules).join('\n'), found);
  });

bad('finds a fetch on pull_request_target', () => {
  const fetching = good.replace('on: push', 'on: pull_request_target').replace('echo "$TITLE"', 'gh pr checkout "$PR"');
  assert.match(lint(fetching, rules).join('\n'), /fetches something/);
});

const WRONG_ACTIONS: readonly [what: string, step: string, found: RegExp][] = [
  ['an expression in a script', '{ shell: bash, run: "echo ${' + '{ inputs.x }}" }', /inside run/],
  ['a moving tag', '{ uses: actions/setup-node@v6 }', /not pinned/],
  ['a secret', '{ shell: bash, run: x, env: { A: "${' + '{ secrets.A }}" } }', /asks for secrets/],
];
for (const [what, step, found] of WRONG_ACTIONS)
  bad(`finds ${what} in an action`, () =>
    assert.match(lintAction(`runs: { using: composite, steps: [${step}] }`).join('\n'), found),
  );

all.run();
bad.run();
