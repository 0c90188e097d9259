import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LocalForge } from '../../../pipeline/forge/forge.local.ts';
import { Git } from '../../../registry-repo/git.ts';
import { forgeContract } from '../../contract/forge.ts';
import { bareRepository, commitFiles, tester } from '../../support/git.ts';

const clock = () => new Date('2026-03-04T05:06:07Z');

async function open() {
  const git = await bareRepository({ a: 'a', b: 'b' });
  const client = () => new LocalForge({ git: new Git(git.gitDir), by: tester, clock });
  return { forge: client(), other: client() };
}

forgeContract('local', open);

const local = suite('local forge');

local('leaves nothing behind but refs and objects', async () => {
  const { forge } = await open();
  const before = readdirSync(forge.git.gitDir).sort();
  const main = await forge.sync();
  const head = await commitFiles(forge.git, main, { a: 'x' });
  await forge.pushBranch('promote/x/1', head, null);
  const { number } = await forge.openPullRequest({ branch: 'promote/x/1', title: 't', body: 'b', labels: [] });
  await forge.merge({ number, head, base: main, message: 'm' });
  assert.equal(
    readdirSync(forge.git.gitDir)
      .filter((f) => f !== 'logs')
      .sort(),
    before.filter((f) => f !== 'logs'),
  );
});

local('commits carry the identity and time they were given, and the repository is sound', async () => {
  const { forge } = await open();
  const main = await forge.sync();
  const head = await commitFiles(forge.git, main, { a: 'x' });
  await forge.pushBranch('promote/x/1', head, null);
  const { number } = await forge.openPullRequest({ branch: 'promote/x/1', title: 't', body: 'b', labels: [] });
  const { commit } = await forge.merge({ number, head, base: main, message: 'm' });
  const shown = await forge.git.text(['log', '-1', '--format=%an %ae %cn %aI', commit]);
  assert.is(shown, 'Tester tester@example.org Tester 2026-03-04T05:06:07+00:00');
  await promisify(execFile)('git', ['--git-dir', forge.git.gitDir, 'fsck', '--strict', '--full']);
});

local.run();
