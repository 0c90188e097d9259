import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MergeRefusedError } from '../../pipeline/forge/errors.ts';
import type { Api } from '../../pipeline/forge/rest/api.ts';
import { GATE_CONTEXT } from '../../pipeline/promotion/merge.ts';
import { forgeOn } from '../doubles/github/forge.ts';
import { GitHubWorld } from '../doubles/github/github-world.ts';
import { Elsewhere } from '../support/elsewhere.ts';
import { commitFiles } from '../support/git.ts';
import { World } from '../support/promotions.ts';
import { rejects } from '../support/rejects.ts';

// What people and programs with write access to a registry may say there, beside the gate.

const attacks = suite('attacks through the forge');

/** A promotion that waits for a gate which has not run yet. */
async function waiting(skill: number, world: World) {
  const elsewhere = new Elsewhere(world);
  const ports = elsewhere.ports();
  const { model, proposal } = await ports.process.propose(await world.candidate(skill), null);
  assert.ok(proposal.kind === 'new');
  const id = proposal.fact.data.promotionId;
  await ports.process.finish(model, id);
  return { elsewhere, look: () => ports.process.finish(model, id) };
}

attacks('attack 08: labels, a title and comments that say it passed', async () => {
  const world = await World.create();
  const { elsewhere, look } = await waiting(7, world);
  const forge = world.forge();
  const passed = '✓ **Gate: passed.** F1 0.9900 measured, 0.8500 required.';
  await forge.updatePullRequest(1, {
    title: 'pawl: merge',
    body: passed,
    labels: ['gate:passed', 'config', 'rollback'],
  });
  await forge.comment(1, { marker: 'pawl-gate', body: passed });
  const main = await world.registry.main();
  assert.is((await look()).status, 'open');
  assert.is((await elsewhere.run()).outcome, 'refused');
  assert.equal([(await look()).rejection?.cause, await world.registry.main()], ['gate-failed', main]);
  assert.match((await forge.pullRequest(1)).body, 'Gate: failed');
  assert.ok(!(await forge.pullRequest(1)).labels.includes('gate:passed'));
});

attacks('attack 09: somebody else’s status is no verdict', async () => {
  const world = await World.create();
  const { elsewhere, look } = await waiting(7, world);
  const forge = world.forge();
  const { head } = await forge.pullRequest(1);
  await forge.setStatus(head, { context: GATE_CONTEXT, state: 'success', description: 'F1 0.99' });
  const main = await world.registry.main();
  assert.equal([(await look()).status, await world.registry.main()], ['open', main]);
  assert.is((await elsewhere.run()).outcome, 'refused');
  assert.is((await look()).status, 'rejected');
  assert.is(await world.registry.main(), main);
});

const github = suite<{ on: GitHubWorld; number: number; head: string; branch: string; main: string }>(
  'attacks through GitHub',
);
github.before.each(async (context) => {
  const on = await GitHubWorld.create((policy) => {
    policy.merge = 'after-approval';
  });
  const promoted = await waitingOn(on);
  Object.assign(context, { on, ...promoted });
});
github.after.each(async ({ on }) => on.close());

/** A good candidate on GitHub that has passed, and waits for an approval. */
async function waitingOn(on: GitHubWorld) {
  const ports = on.ports();
  const { model, proposal } = await ports.process.propose(await on.world.candidate(9), null);
  assert.ok(proposal.kind === 'new');
  await ports.process.finish(model, proposal.fact.data.promotionId);
  await on.double.settled();
  assert.equal(
    on.published.map((p) => p.outcome),
    ['waiting'],
  );
  const main = await on.repo.git.resolve('refs/heads/main');
  const { head, branch } = await on.forge().pullRequest(1);
  return { number: 1, head, branch, main: main as string };
}

const refused = async (on: GitHubWorld, number: number, head: string, main: string) =>
  (await rejects(on.forge().merge({ number, head, base: main, message: 'm' }), MergeRefusedError)).refusal;

github('attack 09: the promoter’s own status lets nothing in', async ({ on, number, head, branch, main }) => {
  const forge = on.forge();
  await forge.sync();
  const other = await commitFiles(forge.git, head, { 'models/sentiment/versions/1/README.md': 'x' });
  await forge.pushBranch(branch, other, head);
  await forge.setStatus(other, { context: GATE_CONTEXT, state: 'success', description: 'F1 0.99' });
  assert.is(await refused(on, number, other, main), 'not-allowed');
  assert.is(await on.repo.git.resolve('refs/heads/main'), main);
});

github('attack 11: a success of an earlier head', async ({ on, number, head, branch, main }) => {
  const forge = on.forge();
  await forge.sync();
  const green = await forge.statuses(head);
  assert.equal([green[0]?.context, green[0]?.state], [GATE_CONTEXT, 'success']);
  const next = await commitFiles(forge.git, head, { 'models/sentiment/versions/1/README.md': 'more' });
  await forge.pushBranch(branch, next, head);
  assert.equal(await forge.statuses(next), []);
  assert.is(await refused(on, number, head, main), 'head-moved');
  assert.is(await refused(on, number, next, main), 'not-allowed');
  assert.is((await on.gate(number, next)).outcome, 'refused', 'what was pushed is judged, and not what was');
  assert.is(await on.repo.git.resolve('refs/heads/main'), main);
});

github('attack 17: nothing is ever asked to merge later', async ({ on, number, head, main }) => {
  const reviewer = on.double.token('reviewer', { repo: 'org/registry' });
  const sent: Record<string, unknown>[] = [];
  const watched = (api: Api): Api => ({
    url: api.url,
    get: (...args) => api.get(...args),
    list: (...args) => api.list(...args),
    send: (route, params, answer) => {
      if (route.endsWith('/merge')) sent.push(params as Record<string, unknown>);
      return api.send(route, params, answer);
    },
  });
  const forge = forgeOn(on.double, 'org/registry', { token: reviewer }, 'api', watched);
  const { commit } = await forge.merge({ number, head, base: main, message: 'promote\n\nPull-Request: 1\n' });
  assert.is(await on.repo.git.resolve('refs/heads/main'), commit);
  assert.equal(
    sent.map((params) => params.sha),
    [head],
  );
  const operations = [...new Set(on.double.calls.map((c) => c.operation))];
  assert.equal(
    operations.filter((o) => /auto|queue|schedule|graphql|unknown/i.test(o)),
    [],
  );
  assert.equal(on.double.violations, []);
});

/** GitHub's answers to one route, changed. */
const answering =
  (ending: string, change: (answer: Record<string, unknown>) => void) =>
  (api: Api): Api => ({
    url: api.url,
    list: (...args) => api.list(...args),
    send: (...args) => api.send(...args),
    get: async (route, params, answer) => {
      const got = await api.get(route, params, answer);
      if (route.endsWith(ending)) change(got as Record<string, unknown>);
      return got;
    },
  });

github('attack 54: names of people and repositories that changed hands', async ({ on, number, head }) => {
  const person = { token: on.double.token('reviewer', { repo: 'org/registry' }) };
  await forgeOn(on.double, 'org/registry', person).approve(number, head);
  assert.is((await on.forge().approvals(number, head)).length, 1);
  const renamed = answering('/permission', (answer) => {
    answer.user = { id: 4711 }; // somebody else has the reviewer's name by now
  });
  assert.equal(await forgeOn(on.double, 'org/registry', on.promoter, 'api', renamed).approvals(number, head), []);
  const recreated = answering('/pulls/{pull_number}', (answer) => {
    const from = answer.head as { repo: { id: number } };
    from.repo = { ...from.repo, id: from.repo.id + 1 };
  });
  const forge = forgeOn(on.double, 'org/registry', on.promoter, 'api', recreated);
  assert.is((await forge.pullRequest(number)).fork, true, 'a repository of the same name is another one');
});

attacks.run();
github.run();
