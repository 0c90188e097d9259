import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pawl } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { lint } from '../../workflows/lint.ts';

const action = `owner/pawl@${'b'.repeat(40)}`;
const args = ['init', '--repo', 'org/registry', '--action', action, '--model', 'tickets'];

const init = suite('pawl init');

init('writes settings that Pawl reads and a workflow that keeps every rule', async () => {
  const folder = temporaryFolder();
  assert.is((await pawl(folder, args)).code, 0);
  const workflow = readFileSync(join(folder, '.github/workflows/train.yml'), 'utf8');
  assert.equal(lint(workflow, { triggers: ['push', 'workflow_dispatch'] }), []);
  assert.match(workflow, `uses: owner/pawl/.github/actions/pawl@${'b'.repeat(40)}`);
  const config = JSON.parse((await pawl(folder, ['config', '--json'])).stdout);
  assert.match(JSON.stringify(config), 'org/registry');
  assert.is((await pawl(folder, args)).code, 0, 'again, nothing is to be done');
});

init('replaces nothing, and writes nothing when something differs', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), 'model: mine\n');
  const ran = await pawl(folder, args);
  assert.is(ran.code, 3);
  assert.match(ran.stderr, 'files_exist');
  assert.is(readFileSync(join(folder, 'pawl.yaml'), 'utf8'), 'model: mine\n');
  assert.is(existsSync(join(folder, '.github')), false);
});

init('a dry run writes nothing; without an action there is nothing to pin', async () => {
  const folder = temporaryFolder();
  assert.match((await pawl(folder, [...args, '--dry-run'])).stdout, '--- .github/workflows/train.yml');
  assert.is(existsSync(join(folder, 'pawl.yaml')), false);
  const ran = await pawl(folder, ['init', '--repo', 'org/registry']);
  assert.is(ran.code, 2);
  assert.match(ran.stderr, 'registry.action');
});

init.run();
