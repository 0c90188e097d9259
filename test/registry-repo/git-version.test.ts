import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pawl as processOfItsOwn } from '../support/cli.ts';
import { pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';

const version = suite('the version of git, through the command line');

/** Commands that cannot do without git. */
const NEED_GIT = [
  ['up', '--port', '0'],
  ['registry', 'init'],
  ['registry', 'status'],
  ['registry', 'log'],
  ['train'],
  ['audit'],
  ['runs', 'list'], // a log is held against main before it answers
  ['reconcile'],
  ['promote'],
  ['rollback', '--reason', 'r'],
  ['serve', '--port', '0'],
  ['watch', '--once', '--repo', '.'],
  ['hook', 'install', '--repo', '.'],
] as const;

const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();

/** A folder for PATH whose git notes what it is asked, says a version, and is the real one in all else. */
function gitThatSays(text: string): { bin: string; asked: () => string[] } {
  const bin = temporaryFolder();
  const log = join(bin, 'asked');
  const script = `#!/bin/sh\necho "$*" >> '${log}'\nif [ "$*" = --version ]; then echo '${text}'; else exec '${realGit}' "$@"; fi\n`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  return { bin, asked: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []) };
}

version('one that is too old ends every command that needs it, before anything is begun', async () => {
  const home = temporaryFolder();
  for (const words of ['registry init', 'train']) {
    const made = await processOfItsOwn(home, words.split(' '), { env: { PAWL_DATA_KIND: 'sample' } });
    assert.is(made.code, 0, made.stderr);
  }
  for (const args of NEED_GIT) {
    const { bin, asked } = gitThatSays('git version 2.30.2');
    const ran = await pawl(home, args, { env: { PATH: bin, PAWL_DATA_KIND: 'sample' } });
    assert.is(ran.code, 3, `${args.join(' ')}: ${ran.stdout}${ran.stderr}`);
    assert.match(ran.stderr, 'git 2.30.2 is too old: install git 2.38 or newer', args.join(' '));
    assert.match(ran.stderr, '[git_unusable]', args.join(' '));
    assert.equal([...new Set(asked())], ['--version'], args.join(' '));
  }
});

version('one that is missing, broken or says nonsense is named as such', async () => {
  const empty = temporaryFolder();
  const said = async (bin: string) =>
    (await pawl(temporaryFolder(), ['registry', 'init'], { env: { PATH: bin } })).stderr;
  assert.match(await said(empty), 'git is not installed, or not in a folder of PATH: install git 2.38');
  assert.match(await said(gitThatSays('hello').bin), 'said "hello": install git 2.38');
  writeFileSync(join(empty, 'git'), '#!/bin/sh\necho no such library >&2\nexit 127\n', { mode: 0o755 });
  assert.match(await said(empty), 'git --version ended with 127 and said "no such library": install');
});

version('is asked for once, and by those alone who need it', async () => {
  const home = temporaryFolder();
  for (const newer of ['git version 2.38.0', 'git version 2.50.1 (Apple Git-155)', 'git version 3.0.0.windows.1']) {
    const { bin, asked } = gitThatSays(newer);
    rmSync(join(home, '.pawl'), { recursive: true, force: true });
    const made = await processOfItsOwn(home, ['--set', 'data.kind=sample', 'registry', 'init'], { env: { PATH: bin } });
    assert.is(made.code, 0, made.stderr);
    assert.is(asked().filter((args) => args === '--version').length, 1);
  }
  const { bin, asked } = gitThatSays('git version 2.30.2');
  for (const args of [['config'], ['events', 'list'], ['artifacts', 'list'], ['backend', 'list']]) {
    const ran = await pawl(home, args, { env: { PATH: bin } });
    assert.is(ran.code, 0, `${args.join(' ')}: ${ran.stderr}`);
  }
  assert.equal(asked(), []);
});

version.run();
