import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/paths.ts';
import { workflows } from './files.ts';

// The linters that people use for workflows, over ours as they will run; and each is shown to find what it should.

type Found = { readonly code: number | null; readonly output: string };

/** What GitHub has learnt since the last release of the linter. */
const NEWER = 'unexpected key "queue" for "concurrency"';

/** Lints one workflow with a tool; null if the tool is not there. */
function run(tool: 'actionlint' | 'zizmor', text: string, name = 'x.yml'): Found | null {
  const file = join(temporaryFolder(), '.github/workflows', name);
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
const BROKEN: readonly [tool: 'actionlint' | 'zizmor', what: string, change: (text: string) => string][] = [
  ['actionlint', 'a typo', (t) => t.replace('timeout-minutes', 'timeout-minuets')],
  ['actionlint', 'a job that is not there', (t) => t.replace('needs: [test, action]', 'needs: [tests]')],
  ['zizmor', 'an injection', (t) => t.replace('run: npm ci', 'run: echo ${' + '{ github.event.pull_request.title }}')],
  [
    'zizmor',
    'a broad permission',
    (t) => t.replace(/permissions:\n +contents: read[^\n]*\n/, 'permissions: write-all\n'),
  ],
  ['zizmor', 'a moving tag', (t) => t.replace(/actions\/checkout@[0-9a-f]{40}/, 'actions/checkout@v7')],
];

const tools = suite('linters of workflows');
for (const tool of ['actionlint', 'zizmor'] as const) {
  if (run(tool, harmless) === null) {
    console.log(`SKIPPED ${tool} is not installed here`);
    continue;
  }
  for (const { path, text } of workflows)
    tools(`${tool} finds nothing in ${path}`, () => {
      const found = run(tool, text, basename(path));
      assert.is(found?.code, 0, found?.output);
    });
  for (const [, what, change] of BROKEN.filter(([t]) => t === tool))
    tools(`${tool} finds ${what}`, () => {
      assert.is.not(change(harmless), harmless);
      assert.is.not(run(tool, change(harmless))?.code, 0);
    });
}
tools.run();
