import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MainCommit, mainHistory } from '../../../registry-repo/verify/history.ts';
import { candidateOf, TestRegistry, TIME } from '../../support/registry.ts';

async function historyOf(test: TestRegistry, after?: string): Promise<MainCommit[]> {
  const commits: MainCommit[] = [];
  const request = { git: test.git, tip: await test.main(), keys: test.policy.keys, now: TIME };
  for await (const commit of mainHistory(after === undefined ? request : { ...request, after })) commits.push(commit);
  return commits;
}
const kinds = (commits: readonly MainCommit[]) =>
  commits.map((c) => (c.kind === 'unexplained' ? `${c.kind}: ${c.code}` : c.kind));

const history = suite<{ test: TestRegistry }>('main’s history');
history.before(async (context) => {
  context.test = await TestRegistry.create();
});

history('explains every commit, or says that nothing does', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  await test.pushToMain({ 'README.md': '# More\n' });
  await test.promote(candidateOf(10), 2);
  const { commit, verdict } = await test.rollBack(first.ref);
  await test.pushToMain({ 'notes.txt': 'hello' });
  await test.pushToMain({ 'models/sentiment/versions/2/model.onnx': 'worse' });
  const [merge] = await test.git.firstParents(commit, { max: 1 });
  await test.pushToMain({ 'README.md': '# Most\n', 'models/x/production.json': '{}\n' }, merge?.message);
  const commits = await historyOf(test);
  assert.equal(kinds(commits), [
    'init',
    'promotion',
    'config',
    'promotion',
    'rollback',
    'unexplained: verdict_missing',
    'unexplained: verdict_missing',
    'unexplained: replayed',
  ]);
  assert.equal([commits[4]?.commit, commits[4]?.parent], [commit, commits[3]?.commit]);
  const rollback = commits[4];
  assert.ok(rollback?.kind === 'rollback' && rollback.merge.verdict.reason === 'complaints' && verdict);
  assert.equal(kinds(await historyOf(test, commits[4]?.commit)), kinds(commits).slice(5), 'from a commit on');
});

history('does not believe a first commit that brings models along', async ({ test }) => {
  const files = await test.filesFor(candidateOf(9), { version: 1 });
  const tip = await test.commit(null, { 'gate.json': test.policy, ...files });
  const commits: MainCommit[] = [];
  for await (const c of mainHistory({ git: test.git, tip, keys: test.policy.keys, now: TIME })) commits.push(c);
  assert.equal(kinds(commits), ['unexplained: verdict_missing']);
});

history.run();
