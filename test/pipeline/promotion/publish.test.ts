import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GATE_CONTEXT } from '../../../pipeline/promotion/merge.ts';
import { GateTimeoutError } from '../../../pipeline/promotion/process.ts';
import { reconcile } from '../../../pipeline/promotion/reconcile.ts';
import { baseline } from '../../../projections/baseline.ts';
import type { Evaluated } from '../../../registry-repo/gate/evaluated.ts';
import type { Digest } from '../../../registry-repo/values.ts';
import { verifyProduction } from '../../../registry-repo/verify/production.ts';
import { Elsewhere } from '../../support/elsewhere.ts';
import { World } from '../../support/promotions.ts';
import { candidateOf, modelPolicy, TIME } from '../../support/registry.ts';
import { rejects } from '../../support/rejects.ts';

const workflow = suite('a gate elsewhere');

/** Makes a candidate another one. */
const later = (i: number): string => new Date(TIME.getTime() + i * 1000).toISOString();

/** A promotion that waits for the workflow's verdict. */
async function waiting(world: World, skill: number, over = {}) {
  const elsewhere = new Elsewhere(world);
  const ports = elsewhere.ports();
  const { model, proposal } = await ports.process.propose(await world.candidate(skill, over), null);
  assert.ok(proposal.kind === 'new');
  const id = proposal.fact.data.promotionId;
  return { elsewhere, ports, model, id, promotion: await ports.process.finish(model, id) };
}

workflow('is asked once, and its verdict and merge are recorded as events', async () => {
  const world = await World.create();
  const { elsewhere, ports, id, promotion } = await waiting(world, 9);
  assert.equal([promotion.status, promotion.judged, elsewhere.requests.length], ['open', null, 1]);
  assert.is((await ports.process.finish('sentiment', id)).status, 'open');
  assert.is(elsewhere.requests.length, 1, 'asking again before it could have answered');
  assert.equal((await elsewhere.run()).outcome, 'merged');
  const done = await ports.process.finish('sentiment', id);
  assert.equal([done.status, done.judged?.result, done.judgements], ['merged', 'pass', 1]);
  const types = (await world.log()).map((e) => e.type).slice(1);
  assert.equal(types, ['PromotionProposed', 'PullRequestOpened', 'GateJudged', 'PromotionMerged']);
  assert.equal((await world.reconcile()).diverged, []);
  const pull = await world.forge().pullRequest(1);
  assert.match(pull.body, '**Gate: passed.**');
  assert.equal(pull.labels, ['promotion', 'gate:passed']);
});

workflow('that merges while a process looks is not taken for a main that moved', async () => {
  const world = await World.create();
  const { elsewhere, ports, id } = await waiting(world, 9);
  elsewhere.dieBeforeMerge = true;
  await rejects(elsewhere.run(), Error);
  assert.is((await ports.process.finish('sentiment', id)).judged?.result, 'pass');
  elsewhere.dieBeforeMerge = false;
  elsewhere.afterLook = async () => {
    const { branch, head } = await world.forge().pullRequest(1);
    await elsewhere.run();
    await world.forge().pushBranch(branch, head, null); // a forge may keep it for a while
  };
  await ports.process.finish('sentiment', id);
  const done = await ports.process.finish('sentiment', id);
  assert.equal([done.status, done.judgements], ['merged', 1]);
  const types = (await world.log()).map((e) => e.type).slice(1);
  assert.equal(types, ['PromotionProposed', 'PullRequestOpened', 'GateJudged', 'PromotionMerged']);
});

workflow('that was asked twice and merges on its second verdict is recorded with that one', async () => {
  const world = await World.create();
  const { elsewhere, ports, id } = await waiting(world, 9);
  const { head } = elsewhere.requests[0] as { head: string };
  elsewhere.dieBeforeMerge = true;
  await rejects(elsewhere.run(), Error);
  const first = (await ports.process.finish('sentiment', id)).judged?.verdict;
  elsewhere.dieBeforeMerge = false;
  const second = await elsewhere.mergeBeside(1, head);
  assert.is.not(second, first);
  const done = await ports.process.finish('sentiment', id);
  assert.equal([done.status, done.judged?.verdict, done.judgements], ['merged', second, 2]);
  const merged = (await world.log()).findLast((e) => e.type === 'PromotionMerged');
  assert.is(merged && 'verdict' in merged.data && merged.data.verdict, second);
  assert.ok(await world.registry.artifacts.has(second as Digest), 'and the audit finds it');
});

workflow('whose verdict was void before it could be used is asked again at once', async () => {
  const world = await World.create();
  const { elsewhere, ports, id } = await waiting(world, 9);
  const { number, head } = elsewhere.requests[0] as { number: number; head: string };
  const measured = await elsewhere.evaluate(number, head);
  await world.registry.changePolicy((policy) => {
    policy.limits.scoreSeconds += 1;
  });
  assert.is((await elsewhere.publish(number, head, measured)).outcome, 'void');
  assert.is((await ports.process.finish('sentiment', id)).status, 'open');
  assert.is(elsewhere.requests.length, 2, 'nobody asked again');
  assert.is((await elsewhere.run()).outcome, 'merged');
  assert.equal((await ports.process.finish('sentiment', id)).status, 'merged');
});

workflow('gives the numbers in the log that a gate here would give', async () => {
  const [there, here] = [await World.create(), await World.create()];
  const { elsewhere, ports, id } = await waiting(there, 9);
  await elsewhere.run();
  const [a, b] = [await ports.process.finish('sentiment', id), await here.promote(9)];
  assert.equal(a.judged?.measured, b.judged?.measured);
  assert.equal(a.judged?.reasons, b.judged?.reasons);
  assert.equal(a.judged?.claimed, b.judged?.claimed);
});

workflow('what it merged is verified by a server that trusts its key', async () => {
  const world = await World.create();
  const { elsewhere } = await waiting(world, 9);
  await elsewhere.run();
  const { git, policy } = world.registry;
  const tip = await world.registry.main();
  const verified = await verifyProduction({ git, tip, model: 'sentiment', keys: policy.keys, now: TIME });
  assert.is(verified.production.version, 1);
});

workflow('refuses a bad candidate: status, closed, recorded', async () => {
  const world = await World.create();
  const { elsewhere, ports, id } = await waiting(world, 7);
  assert.is((await elsewhere.run()).outcome, 'refused');
  const head = (await world.forge().pullRequest(1)).head;
  assert.equal(
    (await world.forge().statuses(head)).map((s) => [s.context, s.state]),
    [[GATE_CONTEXT, 'failure']],
  );
  const done = await ports.process.finish('sentiment', id);
  assert.equal([done.status, done.rejection?.cause], ['rejected', 'gate-failed']);
  assert.is((await world.forge().pullRequest(1)).state, 'closed');
});

workflow('an evaluation that never came is neither a pass nor a refusal', async () => {
  const world = await World.create();
  const { elsewhere, ports, id } = await waiting(world, 9);
  const head = elsewhere.requests[0]?.head as string;
  assert.is((await elsewhere.publish(1, head, null)).outcome, 'unjudged');
  const left = await ports.process.finish('sentiment', id);
  assert.equal([left.status, left.judged?.result, left.judged?.reasons[0]?.code], ['open', 'error', 'could-not-judge']);
  assert.is((await world.forge().pullRequest(1)).state, 'open');
  const asked = elsewhere.requests.length;
  const next = elsewhere.ports().process; // another process takes it up
  assert.is((await next.finish('sentiment', id)).status, 'open');
  assert.is(elsewhere.requests.length, asked + 1, 'and asks again');
});

workflow('attack 63: an evaluation that was tampered with is no pass', async () => {
  const world = await World.create();
  const { elsewhere } = await waiting(world, 7);
  const head = elsewhere.requests[0]?.head as string;
  const honest = await elsewhere.evaluate(1, head);
  const evidence = honest.evidence as NonNullable<Evaluated['evidence']>;
  const forged: readonly Evaluated[] = [
    { ...honest, result: 'pass' },
    { ...honest, findings: [{ kind: 'passed', code: 'f1', message: 'fine' }] },
    { ...honest, head: await world.registry.main() },
    { ...honest, pullRequest: 8 },
    { ...honest, evidence: { ...evidence, modelBytes: evidence.modelBytes + 1 } },
    { ...honest, evidence: { ...evidence, baselineBytes: 1 } },
    { ...honest, evidence: { ...evidence, claimed: { ...evidence.claimed, f1: 1 } } },
    { ...honest, evidence: { ...evidence, evaluation: { ...evidence.evaluation, rows: `sha256:${'0'.repeat(64)}` } } },
    { ...honest, evidence: null, result: 'pass' },
    { ...honest, bound: null, result: 'pass' },
    { ...honest, bound: { ...(honest.bound as NonNullable<Evaluated['bound']>), policy: `sha256:${'0'.repeat(64)}` } },
  ];
  const before = await world.registry.main();
  for (const [i, evaluated] of forged.entries()) {
    const outcome = await elsewhere.publish(1, head, evaluated);
    assert.ok(['refused', 'error', 'void'].includes(outcome.outcome), `forgery ${i}: ${outcome.outcome}`);
    assert.is(await world.registry.main(), before);
  }
});

workflow('attack 13: a push after the evaluation is judged on its own', async () => {
  const world = await World.create();
  const { elsewhere } = await waiting(world, 9);
  const { head } = elsewhere.requests[0] as { head: string };
  const evaluated = await elsewhere.evaluate(1, head);
  const forge = world.forge();
  const pull = await forge.pullRequest(1);
  const next = await world.registry.commit(head, { 'README.md': 'more' });
  await forge.pushBranch(pull.branch, next, head);
  assert.is((await elsewhere.publish(1, head, evaluated)).outcome, 'passed-over');
  assert.is((await elsewhere.publish(1, next, evaluated)).outcome, 'refused');
});

workflow('attack 53: a fork cannot promote, and is told so by the status', async () => {
  const world = await World.create();
  const { elsewhere } = await waiting(world, 9);
  elsewhere.fork = true;
  const outcome = await elsewhere.run();
  assert.equal(outcome.outcome, 'refused');
  const { head } = elsewhere.requests[0] as { head: string };
  const [status] = await world.forge().statuses(head);
  assert.is(status?.state, 'failure');
  assert.match(status?.description ?? '', 'forks');
});

workflow('attack 55: no answer at all ends in an alarm, and the promotion stays open', async () => {
  const world = await World.create();
  let now = TIME.getTime();
  const elsewhere = new Elsewhere(world, () => {
    now += 30_000;
    return new Date(now);
  });
  const { process } = elsewhere.ports();
  const { proposal } = await process.propose(await world.candidate(9), null);
  assert.ok(proposal.kind === 'new');
  const id = proposal.fact.data.promotionId;
  const error = await rejects(process.finish('sentiment', id, { waitMs: 3_600_000 }), GateTimeoutError);
  assert.match(error.message, 'pawl reconcile');
  assert.ok(elsewhere.requests.length > 2, 'asked again while nothing came');
  await elsewhere.run();
  assert.is((await process.finish('sentiment', id)).status, 'merged');
});

workflow('a workflow that died after the verdict goes on without scoring again', async () => {
  const world = await World.create();
  const { elsewhere, ports, id } = await waiting(world, 9);
  const { head } = elsewhere.requests[0] as { head: string };
  const evaluated = await elsewhere.evaluate(1, head);
  elsewhere.dieBeforeMerge = true;
  await rejects(elsewhere.publish(1, head, evaluated), Error);
  elsewhere.dieBeforeMerge = false;
  assert.is((await ports.process.finish('sentiment', id)).judged?.result, 'pass');
  assert.is((await elsewhere.publish(1, head, null)).outcome, 'merged');
  assert.is((await ports.process.finish('sentiment', id)).status, 'merged');
  assert.is(elsewhere.scored, 1);
});

workflow('main moved for another model: the same verdict merges; for this model: judged again', async () => {
  const world = await World.create((policy) => Object.assign(policy.models, { topics: modelPolicy() }));
  const { elsewhere, ports, id } = await waiting(world, 9);
  const { head } = elsewhere.requests[0] as { head: string };
  const evaluated = await elsewhere.evaluate(1, head);
  await world.promote(10, { model: 'topics' });
  assert.is((await elsewhere.publish(1, head, evaluated)).outcome, 'merged');
  assert.is((await ports.process.finish('sentiment', id)).status, 'merged');
  assert.is(elsewhere.scored, 1);

  const here = world.ports();
  const earlier = await here.process.propose(await world.candidate(10), null);
  assert.ok(earlier.proposal.kind === 'new');
  const second = await waiting(world, 9, { createdAt: later(1) });
  const late = await second.elsewhere.evaluate(3, second.elsewhere.requests[0]?.head as string);
  await here.process.finish('sentiment', earlier.proposal.fact.data.promotionId);
  const voided = await second.elsewhere.publish(3, second.elsewhere.requests[0]?.head as string, late);
  assert.is(voided.outcome, 'void');
  assert.is((await second.ports.process.finish('sentiment', second.id)).status, 'open');
  assert.is(second.elsewhere.requests.length, 2, 'the branch was made again, and its commit is to be judged');
  assert.is((await second.elsewhere.run()).outcome, 'refused');
});

workflow(
  'attack 66: twenty candidates leave one open pull request; the others are superseded, with a comment',
  async () => {
    const world = await World.create();
    const elsewhere = new Elsewhere(world);
    const { process } = elsewhere.ports();
    for (let i = 0; i < 20; i++) {
      const digest = await world.candidate(9, { createdAt: later(i) });
      const { model, proposal } = await process.propose(digest, null);
      assert.ok(proposal.kind === 'new');
      await process.endSuperseded(model, proposal.fact.data.promotionId);
      await process.finish(model, proposal.fact.data.promotionId);
    }
    const forge = world.forge();
    assert.equal(
      (await forge.pullRequests({ state: 'open' })).map((p) => p.number),
      [20],
    );
    const first = await forge.pullRequest(1);
    assert.ok(first.labels.includes('superseded'));
    assert.match((await forge.comments(1)).map((c) => c.body).join(), 'Superseded by');
    const causes = (await world.log()).flatMap((e) => (e.type === 'PromotionRejected' ? [e.data.cause] : []));
    assert.equal(causes, Array(19).fill('superseded'));
  },
);

workflow(
  'a pull request made by hand is judged and merged like any other, and its verdict becomes the log’s',
  async () => {
    const world = await World.create();
    const elsewhere = new Elsewhere(world);
    const { registry } = world;
    const head = await registry.propose(candidateOf(9), { version: 1 });
    const forge = world.forge();
    await forge.pushBranch('by-hand/1', head, null);
    const { number } = await forge.openPullRequest({ branch: 'by-hand/1', title: 'mine', body: 'look', labels: [] });
    assert.is((await elsewhere.publish(number, head, await elsewhere.evaluate(number, head))).outcome, 'merged');
    const { diverged } = await reconcile(elsewhere.ports());
    assert.equal(diverged, []);
    const types = (await world.log()).map((e) => e.type);
    assert.ok(types.includes('PromotionMerged') && types.includes('GateJudged'));
    const length = types.length;
    await reconcile(elsewhere.ports());
    assert.is((await world.log()).length, length);
    assert.is((await world.ports().views()).get(baseline, 'sentiment')?.version, 1);
  },
);

const approval = suite('approval');

approval('a pass waits for a person, who approves the commit that was judged', async () => {
  const world = await World.create((policy) => Object.assign(policy, { merge: 'after-approval' }));
  const waits = await world.promote(9);
  assert.equal([waits.status, waits.judged?.result], ['open', 'pass']);
  const forge = world.forge();
  const { head } = await forge.pullRequest(1);
  assert.match((await forge.statuses(head))[0]?.description ?? '', 'waits for approval');
  assert.is((await world.reconcile()).finished[0]?.status, 'open');
  await forge.approve(1, head);
  assert.is((await world.reconcile()).finished[0]?.status, 'merged');
  assert.is(waits.judgements, 1);
});

approval('an approval of another commit is none', async () => {
  const world = await World.create((policy) => Object.assign(policy, { merge: 'after-approval' }));
  await world.promote(9);
  const forge = world.forge();
  const pull = await forge.pullRequest(1);
  await forge.approve(1, pull.head);
  await forge.pushBranch(pull.branch, await world.registry.commit(pull.head, { 'README.md': 'x' }), pull.head);
  assert.is((await world.reconcile()).finished[0]?.status, 'rejected');
});

approval('a newer candidate takes the place of one that waits', async () => {
  const world = await World.create((policy) => Object.assign(policy, { merge: 'after-approval' }));
  const old = await world.promote(9);
  const { process } = world.ports();
  const { proposal } = await process.propose(await world.candidate(10), null);
  assert.ok(proposal.kind === 'new');
  const { promotionId } = proposal.fact.data;
  await process.endSuperseded('sentiment', promotionId);
  assert.is((await process.finish('sentiment', promotionId)).status, 'open');
  assert.equal((await process.finish('sentiment', old.id)).rejection?.cause, 'superseded');
});

approval('elsewhere, too: the gate says that it waits, and merges when asked again', async () => {
  const world = await World.create((policy) => Object.assign(policy, { merge: 'after-approval' }));
  const { elsewhere, ports, id } = await waiting(world, 9);
  assert.is((await elsewhere.run()).outcome, 'waiting');
  assert.is((await ports.process.finish('sentiment', id, { waitMs: 1000 })).status, 'open');
  const forge = world.forge();
  const { head } = await forge.pullRequest(1);
  await forge.approve(1, head);
  assert.is((await elsewhere.run()).outcome, 'merged');
  assert.is(elsewhere.scored, 1);
  assert.is((await ports.process.finish('sentiment', id)).status, 'merged');
});

workflow.run();
approval.run();
