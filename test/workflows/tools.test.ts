import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root, temporaryFolder } from '../support/paths.ts';
import { action, workflows, written } from './files.ts';

// The linters that people use for workflows, over ours as they will run; and each is shown to find what it should.

type Found = { readonly code: number | null; readonly output: string };

/** What GitHub has learnt since the last release of the linter. */
const NEWER = 'unexpected key "queue" for "concurrency"';

/** Lints one workflow with a tool; null if the tool is not there. */
function run(tool: 'actionlint' | 'zizmor', text: string, path = '.github/workflows/x.yml'): Found | null {
  const file = join(temporaryFolder(), path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const args =
    tool === 'zizmor'
      ? ['--offline', '--no-progress', '--min-severity', 'low', file]
      : ['-no-color', '-ignore', NEWER, file];
  const { status, stdout, stderr, error } = spawnSync(tool, args, { encoding: 'utf8' });
  if (error) return null;
  return { code: status, output: stdout + stderr };
}

const harmless = workflows[0]?.text as string;
const TITLE = '${' + '{ github.event.pull_request.title }}';

/** Changes that a tool must find, and the rule it finds them by: a crash of the tool is no finding. */
const BROKEN: readonly [tool: 'actionlint' | 'zizmor', what: string, change: (text: string) => string, rule: RegExp][] =
  [
    ['actionlint', 'a typo', (t) => t.replace('timeout-minutes', 'timeout-minuets'), /\[syntax-check\]/],
    ['actionlint', 'a job that is not there', (t) => t.replace('needs: [test, ', 'needs: [tests, '), /\[job-needs\]/],
    ['actionlint', 'an injection', (t) => t.replace('run: npm ci', `run: echo ${TITLE}`), /\[expression\]/],
    ['actionlint', 'a broad permission', (t) => t.replace('contents: read', 'contents: all'), /\[permissions\]/],
    ['zizmor', 'an injection', (t) => t.replace('run: npm ci', `run: echo ${TITLE}`), /\[template-injection\]/],
    [
      'zizmor',
      'a broad permission',
      (t) => t.replace(/permissions:\n +contents: read[^\n]*\n/, 'permissions: write-all\n'),
      /\[excessive-permissions\]/,
    ],
    [
      'zizmor',
      'a moving tag',
      (t) => t.replace(/actions\/checkout@[0-9a-f]{40}/, 'actions/checkout@v7'),
      /\[unpinned-uses\]/,
    ],
    ['zizmor', 'kept credentials', (t) => t.replace(/ +with:\n +persist-credentials: false\n/, ''), /\[artipacked\]/],
    [
      'zizmor',
      'a trigger that gives strangers our rights',
      (t) => t.replace('  pull_request:\n', '  pull_request_target:\n'),
      /\[dangerous-triggers\]/,
    ],
  ];

const tools = suite('linters of workflows');
for (const tool of ['actionlint', 'zizmor'] as const) {
  if (run(tool, harmless) === null) {
    console.log(`SKIPPED ${tool} is not installed here`);
    continue;
  }
  const asTheyAre = workflows.map(({ path }) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  for (const { path, text } of [...workflows, ...written])
    tools(`${tool} finds nothing in ${path}`, () => {
      const found = run(tool, text, join('.github/workflows', basename(path)));
      assert.is(found?.code, 0, found?.output);
    });
  tools(`${tool} finds nothing in templates before they are filled in`, () => {
    for (const { path, text } of asTheyAre) {
      const found = run(tool, text, join('.github/workflows', basename(path)));
      assert.is(found?.code, 0, `${path}: ${found?.output}`);
    }
  });
  if (tool === 'zizmor')
    tools(`zizmor finds nothing in ${action.path}`, () => {
      const found = run(tool, action.text, action.path);
      assert.is(found?.code, 0, found?.output);
    });
  for (const [, what, change, rule] of BROKEN.filter(([t]) => t === tool))
    tools(`${tool} finds ${what}`, () => {
      const found = run(tool, change(harmless));
      assert.is.not(found?.code, 0);
      assert.match(found?.output ?? '', rule);
    });
}

// Without shellcheck, actionlint looks at no script, and does not say so.
if (run('actionlint', harmless) === null || spawnSync('shellcheck', ['--version']).error)
  console.log('SKIPPED scripts in workflows: actionlint or shellcheck is not installed here');
else
  tools('actionlint finds a variable that a script leaves open', () => {
    const found = run('actionlint', harmless.replace('test "$RESULT" = false', 'rm -r $RESULT/*'));
    assert.match(found?.output ?? '', /SC2086|SC2115/);
  });

tools.run();
