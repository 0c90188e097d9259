import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openTraining } from '../../../pipeline/source/open.ts';
import { RepositoryError } from '../../../pipeline/source/repository.git.ts';
import { type GitHubDouble, startGitHubDouble } from '../../doubles/github/double.ts';
import { commitFiles } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { rejects } from '../../support/rejects.ts';
import { LIMITS } from '../../support/watched.ts';

let github: GitHubDouble;
const training = suite('training repository at a URL');
training.before(async () => {
  github = await startGitHubDouble();
});
training.after(() => github.close());

async function remote(name: string) {
  const repo = await github.createRepo(name, { 'pawl.yaml': 'model: a\n' });
  const token = github.token('reader', {
    repo: name,
    role: 'read',
    permissions: { metadata: 'read', contents: 'read' },
  });
  const url = `${github.web}/${name}.git`;
  const push = async (files: Record<string, string>) => {
    const from = await repo.git.resolve('refs/heads/main');
    const commit = await commitFiles(repo.git, from, files);
    await repo.git.updateRefs([{ ref: 'refs/heads/main', to: commit, from }]);
    return commit;
  };
  const root = temporaryFolder();
  const open = (over: { token?: string; forge?: string; address?: string } = {}) =>
    openTraining({
      address: url,
      forge: github.web,
      path: (p) => join(root, p),
      ...over,
      token: async (repository) => (repository === name ? (over.token ?? token) : 'for another one'),
    });
  return { repo, token, url, push, root, open };
}

training('a private repository is read through a mirror, its pushes seen when it is refreshed', async () => {
  const { push, open, root, token } = await remote('org/reviews');
  const repository = await open();
  assert.is(repository.name, `${github.web}/org/reviews`, 'as a workflow names it');
  const first = await push({ 'data.csv': 'one' });
  await repository.refresh('main');
  assert.is((await repository.commits('main'))[0], first);
  const second = await push({ 'data.csv': 'two' });
  assert.is((await repository.commits('main'))[0], first, 'nothing is fetched behind our back');
  await repository.refresh('main');
  assert.equal(await repository.commits('main', { after: first }), [second]);
  const target = join(temporaryFolder(), 'out');
  await repository.export(second, target, LIMITS);
  assert.is(readFileSync(join(target, 'data.csv'), 'utf8'), 'two');
  const again = await open();
  assert.is(again.path, repository.path, 'one URL has one mirror');
  assert.match(readdirSync(join(root, '.pawl')).join(), /^training-[0-9a-f]{12}\.git$/);
  const kept = execFileSync('git', ['-C', repository.path, 'config', '--list'], { encoding: 'utf8' });
  assert.not.match(kept, token);
  assert.not.match(kept, 'Authorization');
});

training('a branch that was rewritten is followed', async () => {
  const { repo, push, open } = await remote('org/rewritten');
  const repository = await open();
  await push({ x: '1' });
  const old = await push({ x: '2' });
  await repository.refresh('main');
  const other = await commitFiles(repo.git, null, { x: '3' });
  await repo.git.updateRefs([{ ref: 'refs/heads/main', to: other, from: old }]);
  await repository.refresh('main');
  assert.equal(await repository.commits('main', { after: old }), [other]);
});

training('the token goes to the forge alone, and is in no message', async () => {
  const { open, token } = await remote('org/elsewhere');
  const repository = await open({ forge: 'https://github.com' });
  const refused = await rejects(repository.refresh('main'), RepositoryError);
  assert.match(refused.message, 'PAWL_SECRET_FORGE_TOKEN');
  const wrong = await open({ token: 'github_pat_wrong' });
  const said = await rejects(wrong.refresh('main'), RepositoryError);
  for (const error of [refused, said]) {
    assert.not.match(error.message, token);
    assert.not.match(error.message, 'github_pat_wrong');
  }
});

training('what is not there, and what cannot be a name, is said plainly', async () => {
  const { open, url } = await remote('org/there');
  const repository = await open();
  const { message } = await rejects(repository.refresh('gone'), RepositoryError);
  assert.match(message, 'watch.branch');
  for (const branch of ['--upload-pack=id', 'a:refs/heads/b', '+main', ''])
    await rejects(repository.refresh(branch), RepositoryError);
  const address = url.replace('http://', 'http://user:hunter2@');
  const refused = await rejects(open({ address }), RepositoryError);
  assert.match(refused.message, 'credentials');
  assert.not.match(refused.message, 'hunter2');
});

training.run();
