import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../../pipeline/config/load.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';

const commit = '0123456789'.repeat(4);
const onGitHub = ['init', '--forge', 'github', '--repo', 'team/registry', '--action', `team/pawl@${commit}`];
const TRAIN = '.github/workflows/train.yml';

const init = suite('pawl init');

init('here: settings that load, with nothing changed but what was asked for', async () => {
  const home = temporaryFolder();
  const { code, stdout, stderr } = await pawl(home, ['init', '--model', 'tickets']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /written pawl\.yaml[\s\S]*pawl registry init/);
  assert.equal(readdirSync(home).sort(), ['.gitignore', 'pawl.yaml']);
  const { config, file } = loadConfig({ file: undefined, folder: home, env: {}, flags: [] });
  assert.equal([config.model, config.registry.forge, file], ['tickets', 'local', join(home, 'pawl.yaml')]);
});

init('a model whose name looks like a number stays a name', async () => {
  const home = temporaryFolder();
  assert.is((await pawl(home, ['init', '--model', '1e3'])).code, 0);
  assert.is(loadConfig({ file: undefined, folder: home, env: {}, flags: [] }).config.model, '1e3');
});

init('for GitHub: the workflow too, pinned, with the registry, and a log that outlives the machine', async () => {
  const home = temporaryFolder();
  const { code, stdout, stderr } = await pawl(home, onGitHub);
  assert.is(code, 0, stderr);
  assert.match(stdout, 'gh secret set PAWL_LOG_KEY --env training');
  const workflow = readFileSync(join(home, TRAIN), 'utf8');
  assert.match(workflow, `uses: team/pawl/.github/actions/pawl@${commit}\n`);
  assert.not.match(workflow, '@0000000000');
  const { config } = loadConfig({ file: undefined, folder: home, env: {}, flags: [] });
  const { forge, repository, action } = config.registry;
  assert.equal([forge, repository, action], ['github', 'team/registry', `team/pawl@${commit}`]);
  assert.equal([config.events.store, config.artifacts.store], ['git', 'github-releases']);
  assert.match(stdout, 'gh variable set PAWL_TRUSTED_KEYS --env training');
});

init('again, it changes nothing; without flags, the settings that are there say enough', async () => {
  const home = temporaryFolder();
  assert.is((await pawl(home, onGitHub)).code, 0);
  const kept = [
    { path: 'pawl.yaml', state: 'kept' },
    { path: TRAIN, state: 'kept' },
    { path: '.gitignore', state: 'kept' },
  ];
  assert.equal((await json(home, onGitHub)).files, kept);
  assert.equal((await json(home, ['init'])).files, kept);
});

init('settings that are there are kept if they set what is needed', async () => {
  const home = temporaryFolder();
  const own = `# mine\nmodel: tickets\nregistry: { forge: github, repository: team/registry, action: team/pawl@${commit} }\nevents: { store: git }\n`;
  writeFileSync(join(home, 'pawl.yaml'), own);
  assert.is((await pawl(home, ['init'])).code, 0);
  assert.is(readFileSync(join(home, 'pawl.yaml'), 'utf8'), own);
  assert.ok(existsSync(join(home, TRAIN)));
});

init('a file that says something else is not replaced, and then nothing is written; --force does', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, '.github/workflows'), { recursive: true });
  writeFileSync(join(home, TRAIN), 'mine\n');
  writeFileSync(join(home, 'pawl.yaml'), 'model: tickets\n');
  const refused = await pawl(home, onGitHub);
  assert.is(refused.code, 3);
  assert.match(refused.stderr, /pawl\.yaml \(it lacks registry\.forge: github, .*events\.store: git\); .*train\.yml/);
  assert.match(refused.stderr, '[files_differ]');
  assert.equal([readFileSync(join(home, TRAIN), 'utf8'), existsSync(join(home, '.gitignore'))], ['mine\n', false]);
  assert.is((await pawl(home, [...onGitHub, '--force'])).code, 0);
  assert.match(readFileSync(join(home, TRAIN), 'utf8'), 'pawl train --trigger push');
});

init('--dry-run prints the files and writes none', async () => {
  const home = temporaryFolder();
  const { code, stdout } = await pawl(home, [...onGitHub, '--dry-run']);
  assert.equal([code, readdirSync(home)], [0, []]);
  assert.match(stdout, /--- pawl\.yaml\n[\s\S]*--- \.github\/workflows\/train\.yml\n/);
});

init('.gitignore gets its line once, and keeps the others', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, '.gitignore'), 'node_modules');
  for (let i = 0; i < 2; i++) assert.is((await pawl(home, ['init'])).code, 0);
  assert.is(readFileSync(join(home, '.gitignore'), 'utf8'), 'node_modules\n.pawl/\n');
});

init('a forge without a repository, or GitHub without an action, is refused by the setting’s name', async () => {
  const home = temporaryFolder();
  const nowhere = await pawl(home, ['init', '--forge', 'github']);
  assert.equal([nowhere.code, /registry\.repository/.test(nowhere.stderr)], [2, true], nowhere.stderr);
  const unpinned = await pawl(home, ['init', '--forge', 'github', '--repo', 'team/registry']);
  assert.equal([unpinned.code, /registry\.action/.test(unpinned.stderr)], [2, true], unpinned.stderr);
  assert.equal(readdirSync(home), []);
});

init.run();
