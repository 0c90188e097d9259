import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NotPromotableError } from '../../../pipeline/promotion/decide.ts';
import { findMarker } from '../../../pipeline/promotion/report/marker.ts';
import { baseline } from '../../../projections/baseline.ts';
import { ArtifactMissingError } from '../../../registry-repo/artifacts/errors.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import { verifyProduction } from '../../../registry-repo/verify/production.ts';
import { World } from '../../support/promotions.ts';
import { modelPolicy, TIME } from '../../support/registry.ts';
import { rejects } from '../../support/rejects.ts';

const promotion = suite('promotion');
const types = (log: readonly { type: string }[]) => log.map((e) => e.type).filter((t) => t !== 'RegistryInitialized');

promotion(
  'attack 65: a good first candidate is proposed, judged, merged and recorded, and its report tells no row',
  async () => {
    const world = await World.create();
    const done = await world.promote(9);
    assert.equal([done.status, done.judged?.result], ['merged', 'pass']);
    assert.equal(types(await world.log()), ['PromotionProposed', 'PullRequestOpened', 'GateJudged', 'PromotionMerged']);
    assert.equal(await world.mainTitles(), ['promote(sentiment): nothing → v1']);
    const forge = world.forge();
    const pull = await forge.pullRequest(1);
    assert.equal([pull.state, pull.mergeCommit], ['merged', done.merge?.commit]);
    assert.equal(
      (await forge.statuses(pull.head)).map((s) => [s.context, s.state]),
      [['pawl/gate', 'success']],
    );
    assert.match(pull.body, '**Gate: passed.**');
    // 36 of 40 hits: Wilson's interval for the share, turned into F1.
    assert.match(pull.body, '| F1 of "pos", 95 % interval | 0.8697 to 0.9798 | – |');
    assert.match(pull.body, '### By length of text');
    assert.equal(findMarker(pull.body)?.promotion, done.id);
    const told = [pull.body, ...(await forge.comments(1)).map((c) => c.body)].join('\n');
    for (const { text } of world.registry.rows) assert.not.ok(told.includes(text), 'no row in a report');
    const views = await world.ports().views();
    assert.equal(
      [views.get(baseline, 'sentiment')?.version, views.get(baseline, 'sentiment')?.commit],
      [1, done.merge?.commit],
    );
  },
);

promotion('what is merged can be verified by a server that trusts the gate’s key', async () => {
  const world = await World.create();
  await world.promote(9);
  const tip = await world.registry.main();
  const verified = await verifyProduction({
    git: world.registry.git,
    tip,
    model: 'sentiment',
    keys: world.registry.policy.keys,
    now: TIME,
  });
  assert.is(verified.production.version, 1);
});

promotion('a first candidate below the minimum is refused, with the numbers, and main stays', async () => {
  const world = await World.create();
  const before = await world.registry.main();
  const done = await world.promote(7);
  assert.equal([done.status, done.rejection?.cause], ['rejected', 'gate-failed']);
  assert.match(done.rejection?.reasons.map((r) => r.message).join() as string, /0\.82/);
  assert.is(await world.registry.main(), before);
  const pull = await world.forge().pullRequest(1);
  assert.is(pull.state, 'closed');
  assert.is((await world.forge().statuses(pull.head))[0]?.state, 'failure');
  assert.is(await world.forge().branch(pull.branch), null);
});

promotion('attack 07: every attempt stays in the log, with counts alone, and a little luck is not enough', async () => {
  const world = await World.create((policy) => {
    for (const rules of Object.values(policy.models)) rules.significance = { test: 'mcnemar', alpha: 0.05 };
  });
  await world.promote(9);
  const claims = ['2026-02-01T00:00:00.000Z', '2026-02-02T00:00:00.000Z', '2026-02-03T00:00:00.000Z'];
  for (const createdAt of claims) {
    const luckier = await world.promote(10, { createdAt });
    const codes = luckier.rejection?.reasons.map((r) => r.code) ?? [];
    assert.equal([luckier.status, codes.includes('not-significant')], ['rejected', true]);
  }
  const judged = (await world.log()).filter((e) => e.type === 'GateJudged');
  assert.is(judged.length, 1 + claims.length);
  for (const { text } of world.registry.rows) assert.not.ok(JSON.stringify(judged).includes(text), 'no row in the log');
});

promotion('a worse one is blocked by the baseline, an equal and a better one are not', async () => {
  const world = await World.create();
  await world.promote(9);
  assert.is((await world.promote(8)).status, 'rejected');
  assert.is(
    (
      await world.promote(9, {
        run: { id: '0000000000r2', trainer: 'by-hand', seed: 2, config: {}, code: { commit: null, dirty: false } },
      })
    ).status,
    'merged',
  );
  assert.is((await world.promote(10)).status, 'merged');
  assert.equal(await world.mainTitles(), [
    'promote(sentiment): nothing → v1',
    'promote(sentiment): v1 → v3',
    'promote(sentiment): v3 → v4',
  ]);
});

promotion('proposing again what is open or in production starts nothing new', async () => {
  const world = await World.create();
  const { process } = world.ports();
  const digest = await world.candidate(9);
  const first = await process.propose(digest, null);
  const again = await process.propose(digest, null);
  assert.is(first.proposal.kind, 'new');
  assert.is(again.proposal.kind, 'open');
  await world.reconcile();
  assert.equal((await process.propose(digest, null)).proposal, { kind: 'done', version: 1 });
});

promotion(
  'a model without rules, and a candidate that is nowhere, are refused before anything is written',
  async () => {
    const world = await World.create();
    const { process } = world.ports();
    const error = await rejects(
      process.propose(await world.candidate(9, { model: 'topics' }), null),
      NotPromotableError,
    );
    assert.match(error.message, 'pawl registry configure');
    await rejects(process.propose(`sha256:${'1'.repeat(64)}`, null), ArtifactMissingError);
    assert.is((await world.log()).length, 1);
  },
);

promotion('two open at once: the second is made again on the new baseline and judged again', async () => {
  const world = await World.create();
  const { process } = world.ports();
  const [a, b] = [
    await process.propose(await world.candidate(9), null),
    await process.propose(await world.candidate(10), null),
  ];
  assert.ok(a.proposal.kind === 'new' && b.proposal.kind === 'new');
  const [first, second] = [a.proposal.fact.data.promotionId, b.proposal.fact.data.promotionId];
  // Judge the second while nothing is in production, then let the first one in before it.
  const paused = world.ports({ forge: stopBeforeMerge(world) });
  await rejects(paused.process.finish('sentiment', second), Error);
  assert.is((await process.finish('sentiment', first)).status, 'merged');
  const done = await process.finish('sentiment', second);
  assert.equal([done.status, done.judgements, done.judged?.bound?.baseline?.version], ['merged', 2, 1]);
  assert.ok(types(await world.log()).includes('PullRequestRebased'));
});

promotion('a verdict given on an older baseline never merges a worse model', async () => {
  const world = await World.create();
  const { process } = world.ports();
  const [good, better] = [
    await process.propose(await world.candidate(9), null),
    await process.propose(await world.candidate(10), null),
  ];
  assert.ok(good.proposal.kind === 'new' && better.proposal.kind === 'new');
  await rejects(
    world.ports({ forge: stopBeforeMerge(world) }).process.finish('sentiment', good.proposal.fact.data.promotionId),
    Error,
  );
  await process.finish('sentiment', better.proposal.fact.data.promotionId);
  const done = await process.finish('sentiment', good.proposal.fact.data.promotionId);
  assert.equal([done.status, done.judged?.result], ['rejected', 'fail']);
  assert.is(
    (await new RegistryAt(world.registry.git, await world.registry.main()).production('sentiment'))?.value.version,
    2,
  );
});

promotion('two models do not void each other’s verdicts', async () => {
  const world = await World.create((policy) => Object.assign(policy.models, { topics: modelPolicy() }));
  const { process } = world.ports();
  const [a, b] = [
    await process.propose(await world.candidate(9), null),
    await process.propose(await world.candidate(9, { model: 'topics' }), null),
  ];
  assert.ok(a.proposal.kind === 'new' && b.proposal.kind === 'new');
  const paused = world.ports({ forge: stopBeforeMerge(world) });
  await rejects(paused.process.finish('topics', b.proposal.fact.data.promotionId), Error);
  await process.finish('sentiment', a.proposal.fact.data.promotionId);
  const done = await process.finish('topics', b.proposal.fact.data.promotionId);
  assert.equal([done.status, done.judgements], ['merged', 1]);
});

promotion('a pull request that a person closed is over', async () => {
  const world = await World.create();
  const { process } = world.ports();
  const { proposal } = await process.propose(await world.candidate(9), null);
  assert.ok(proposal.kind === 'new');
  await rejects(
    world.ports({ forge: stopBeforeMerge(world) }).process.finish('sentiment', proposal.fact.data.promotionId),
    Error,
  );
  await world.forge().closePullRequest(1);
  const done = await process.finish('sentiment', proposal.fact.data.promotionId);
  assert.equal([done.status, done.rejection?.cause], ['rejected', 'closed']);
});

promotion('a push to the branch voids the verdict; another candidate in it is refused', async () => {
  const world = await World.create();
  const { process } = world.ports();
  const { proposal } = await process.propose(await world.candidate(9), null);
  assert.ok(proposal.kind === 'new');
  await rejects(
    world.ports({ forge: stopBeforeMerge(world) }).process.finish('sentiment', proposal.fact.data.promotionId),
    Error,
  );
  const forge = world.forge();
  const pull = await forge.pullRequest(1);
  const smuggled = await world.registry.commit(pull.head, {
    'gate.json': world.registry.policy,
    'README.md': 'mine now',
  });
  await forge.pushBranch(pull.branch, smuggled, pull.head);
  const done = await process.finish('sentiment', proposal.fact.data.promotionId);
  assert.is(done.status, 'rejected');
  assert.is(done.judged?.head, smuggled);
});

const back = suite('rollback');

back('goes back through its own gate class, with the reason kept', async () => {
  const world = await World.create();
  await world.promote(9);
  await world.promote(10);
  const { process } = world.ports();
  const proposal = await process.rollBack('sentiment', null, 'complaints about short texts');
  assert.ok(proposal.kind === 'new');
  const done = await process.finish('sentiment', proposal.fact.data.promotionId);
  assert.equal([done.status, done.class, done.judged?.result], ['merged', 'rollback', 'pass']);
  assert.is((await world.mainTitles()).at(-1), 'roll back(sentiment): v2 → v1');
  assert.match(
    await world.registry.git.text(['log', '-1', '--format=%B', 'refs/heads/main']),
    'complaints about short texts',
  );
  const event = (await world.log()).find((e) => e.type === 'ProductionRolledBack');
  assert.equal(
    event?.type === 'ProductionRolledBack' && [event.data.from.version, event.data.to.version, event.data.reason],
    [2, 1, 'complaints about short texts'],
  );
  const tip = await world.registry.main();
  await verifyProduction({
    git: world.registry.git,
    tip,
    model: 'sentiment',
    keys: world.registry.policy.keys,
    now: TIME,
  });
});

back('to what never served is refused', async () => {
  const world = await World.create();
  await world.promote(9);
  await world.promote(8);
  await rejects(world.ports().process.rollBack('sentiment', 2, 'why not'), NotPromotableError);
});

/** A forge that fails when asked to merge: the process stops with its verdict in hand. */
function stopBeforeMerge(world: World) {
  const forge = world.forge();
  forge.merge = () => Promise.reject(new Error('stopped before the merge'));
  return forge;
}

promotion.run();
back.run();
