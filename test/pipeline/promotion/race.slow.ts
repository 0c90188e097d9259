import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { World } from '../../support/promotions.ts';
import { modelPolicy } from '../../support/registry.ts';

const RUNS = 50;

/** Two processes take one promotion each from proposal to end, at the same time. */
async function together(world: World, candidates: readonly [skill: number, model: string][]) {
  const digests = await Promise.all(candidates.map(([skill, model]) => world.candidate(skill, { model })));
  return Promise.all(
    digests.map(async (digest) => {
      const { process } = world.portsWithoutLease();
      const { model, proposal } = await process.propose(digest, null);
      assert.ok(proposal.kind === 'new');
      return process.finish(model, proposal.fact.data.promotionId);
    }),
  );
}

const race = suite('races');

race(
  `two good candidates of one model, ${RUNS} times: each that merges was judged against the one before it`,
  async () => {
    let rejudged = 0;
    for (let i = 0; i < RUNS; i++) {
      const world = await World.create();
      const ended = await together(world, [
        [9, 'sentiment'],
        [10, 'sentiment'],
      ]);
      const merged = ended
        .filter((p) => p.status === 'merged')
        .sort((a, b) => (a.merge?.position ?? 0) - (b.merge?.position ?? 0));
      const better = ended.find((p) => p.judged?.measured?.candidateF1 === 1);
      assert.is(better?.status, 'merged', 'the better one always gets in');
      for (const [n, promotion] of merged.entries()) {
        const before = merged[n - 1];
        assert.equal(promotion.judged?.bound?.baseline ?? null, before ? before.candidate : null, `run ${i}`);
        assert.ok((promotion.judged?.measured?.candidateF1 ?? 0) >= (before?.judged?.measured?.candidateF1 ?? 0));
      }
      for (const p of ended)
        if (p.status === 'rejected') assert.is(p.judged?.bound?.baseline?.manifest, better?.candidate.manifest);
      assert.is((await world.mainTitles()).length, merged.length);
      assert.equal((await world.reconcile()).diverged, []);
      rejudged += ended.filter((p) => p.judgements > 1).length;
    }
    assert.ok(rejudged > 0, 'the two never met: the test did not test');
    console.log(`${RUNS} races, ${rejudged} promotions judged again on a new baseline`);
  },
);

race('two models at once: both merge with the verdicts they have', async () => {
  for (let i = 0; i < 10; i++) {
    const world = await World.create((policy) => Object.assign(policy.models, { topics: modelPolicy() }));
    const ended = await together(world, [
      [9, 'sentiment'],
      [10, 'topics'],
    ]);
    assert.equal(
      ended.map((p) => [p.status, p.judgements]),
      [
        ['merged', 1],
        ['merged', 1],
      ],
    );
    assert.is((await world.mainTitles()).length, 2);
  }
});

race('two processes finishing the same promotion do it once', async () => {
  for (let i = 0; i < 10; i++) {
    const world = await World.create();
    const { proposal } = await world.ports().process.propose(await world.candidate(9), null);
    assert.ok(proposal.kind === 'new');
    const { promotionId } = proposal.fact.data;
    const ended = await Promise.all(
      [1, 2, 3].map(() => world.portsWithoutLease().process.finish('sentiment', promotionId)),
    );
    assert.equal(
      ended.map((p) => p.status),
      ['merged', 'merged', 'merged'],
    );
    assert.is((await world.mainTitles()).length, 1);
    assert.is((await world.log()).filter((e) => e.type === 'PromotionMerged').length, 1);
    assert.is((await world.forge().pullRequests()).length, 1);
  }
});

race.run();
