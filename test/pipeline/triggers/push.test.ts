import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TrainingRepository } from '../../../pipeline/source/repository.git.ts';
import { PushUnknownError, pushTrigger } from '../../../pipeline/triggers/push.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { workRepository } from '../../support/work-repository.ts';

const sha = '5'.repeat(40);
const job = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'reviews/training',
  GITHUB_REF_TYPE: 'branch',
  GITHUB_REF_NAME: 'main',
  GITHUB_SHA: sha,
};
const nowhere = { head: async () => null };

async function refusal(env: Record<string, string | undefined>): Promise<string> {
  const error = await pushTrigger(env, nowhere).catch((e: unknown) => e);
  assert.instance(error, PushUnknownError);
  return (error as Error).message;
}

const push = suite('the push that a run comes of');

push('in a job of GitHub Actions it is the one that started the job', async () => {
  assert.equal(await pushTrigger(job, nowhere), {
    kind: 'push',
    repository: 'https://github.com/reviews/training',
    branch: 'main',
    commit: sha,
  });
});

push('a job that does not say it, or says it wrongly, is refused, and the checkout is not asked instead', async () => {
  assert.match(await refusal({ ...job, GITHUB_SHA: undefined }), 'GITHUB_SHA');
  assert.match(await refusal({ ...job, GITHUB_SHA: 'HEAD' }), 'GITHUB_SHA: is no commit');
  assert.match(await refusal({ ...job, GITHUB_REPOSITORY: '../../x' }), 'GITHUB_REPOSITORY');
  assert.match(await refusal({ ...job, GITHUB_SERVER_URL: 'javascript:x' }), 'GITHUB_SERVER_URL');
  assert.match(await refusal({ ...job, GITHUB_REF_TYPE: 'tag' }), 'GITHUB_REF_TYPE');
});

push('elsewhere it is the branch that is checked out; a token in the address is not kept', async () => {
  const { folder, git, commit } = workRepository();
  const head = commit({ 'a.txt': 'a' });
  const repository = new TrainingRepository(folder);
  assert.equal(await pushTrigger({}, repository), { kind: 'push', repository: folder, branch: 'main', commit: head });
  git('remote', 'add', 'origin', 'https://me:ghp_secret@forge.example/reviews/training.git');
  const { repository: origin } = await pushTrigger({}, repository);
  assert.is(origin, 'https://forge.example/reviews/training.git');
});

push('without a job, and without a branch or a commit, there is none', async () => {
  assert.match(await refusal({}), 'leave out --trigger');
  const { folder, git, commit } = workRepository();
  assert.is(await new TrainingRepository(folder).head(), null, 'no commit yet');
  git('checkout', '--quiet', '--detach', commit({ 'a.txt': 'a' }));
  assert.is(await new TrainingRepository(folder).head(), null, 'no branch');
});

push('pawl train --trigger push records it with the run', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), 'data:\n  kind: sample\n  train: 300\n  test: 200\n');
  const trained = await pawl(home, ['train', '--trigger', 'push', '--workers', '1'], { env: job });
  assert.is(trained.code, 0, trained.stderr);
  const [run] = await json<{ trigger: unknown }[]>(home, ['runs', 'list']);
  const repository = 'https://github.com/reviews/training';
  assert.equal(run?.trigger, { kind: 'push', repository, branch: 'main', commit: sha });
});

push('pawl train says what --trigger may be, and when there was no push', async () => {
  const home = temporaryFolder();
  const wrong = await pawl(home, ['train', '--trigger', 'cron']);
  assert.equal([wrong.code, /manual or push, not cron/.test(wrong.stderr)], [2, true]);
  const none = await pawl(home, ['train', '--trigger', 'push'], { env: { GITHUB_ACTIONS: '' } });
  assert.equal([none.code, /\[push_unknown\]/.test(none.stderr)], [3, true], none.stderr);
});

push.run();
