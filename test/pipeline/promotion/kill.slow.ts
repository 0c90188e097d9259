import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ChainVerifier } from '../../../events/chain.ts';
import { Killed, mortal, World } from '../../support/promotions.ts';
import { rejects } from '../../support/rejects.ts';

// A promotion dies at each of its acts on the world, just before and just after; the next reconcile brings it to the
// same end as if nothing had happened, and nothing is done twice.

type Story = {
  readonly name: string;
  readonly start: (world: World) => Promise<void>;
  readonly run: (world: World, ports: ReturnType<World['ports']>) => Promise<unknown>;
  readonly end: readonly string[];
};

const propose = (skill: number) => async (world: World, ports: ReturnType<World['ports']>) => {
  const { model, proposal } = await ports.process.propose(await world.candidate(skill), null);
  if (proposal.kind === 'new') await ports.process.finish(model, proposal.fact.data.promotionId);
};

const stories: readonly Story[] = [
  {
    name: 'a promotion that passes',
    start: async () => {},
    run: propose(9),
    end: ['promote(sentiment): nothing → v1'],
  },
  { name: 'a promotion that fails', start: async () => {}, run: propose(7), end: [] },
  {
    name: 'a rollback',
    start: async (world) => {
      await world.promote(9);
      await world.promote(10);
    },
    run: async (_, ports) => {
      const proposal = await ports.process.rollBack('sentiment', null, 'complaints');
      if (proposal.kind === 'new') await ports.process.finish('sentiment', proposal.fact.data.promotionId);
    },
    end: ['promote(sentiment): nothing → v1', 'promote(sentiment): v1 → v2', 'roll back(sentiment): v2 → v1'],
  },
];

const kill = suite('killed at every step');

for (const story of stories)
  kill(story.name, async () => {
    const whole = await World.create();
    await story.start(whole);
    const rehearsal = mortal(whole, Number.POSITIVE_INFINITY, 'after');
    await story.run(whole, rehearsal.ports);
    const acts = rehearsal.acts();
    assert.ok(acts.length >= 8, `only ${acts.length} acts: ${acts.join(', ')}`);
    await whole.reconcile(); // records the checkpoint
    const expected = await outcome(whole);
    for (let at = 1; at <= acts.length; at++)
      for (const when of ['before', 'after'] as const) {
        const what = `${when} act ${at}, ${acts[at - 1]}`;
        const world = await World.create();
        await story.start(world);
        await rejects(story.run(world, mortal(world, at, when).ports), Killed);
        await world.reconcile();
        if ((await outcome(world)).proposals < expected.proposals) {
          // Killed before anything was said: there is nothing to go on with, and nothing was changed.
          await story.run(world, world.ports());
          await world.reconcile();
        }
        assert.equal(await world.mainTitles(), story.end, what);
        assert.equal(await outcome(world), expected, what);
        const before = (await world.log()).length;
        assert.equal((await world.reconcile()).diverged, [], what);
        assert.is((await world.log()).length, before, `${what}: a second reconcile did something`);
      }
  });

/** What a user could notice: the log's decisions, pull requests, statuses, main. */
async function outcome(world: World) {
  const log = await world.log();
  const verifier = new ChainVerifier();
  const raw = await world.store.readAll();
  assert.equal(
    raw.flatMap((e) => verifier.check(e)),
    [],
  );
  const forge = world.forge();
  const pulls = await forge.pullRequests();
  const count = (type: string) => log.filter((e) => e.type === type).length;
  return {
    proposals: count('PromotionProposed'),
    opened: count('PullRequestOpened'),
    merged: count('PromotionMerged') + count('ProductionRolledBack'),
    rejected: count('PromotionRejected'),
    checkpoints: count('LogCheckpointed'),
    pulls: pulls.map((p) => [p.state, p.branch.split('/').slice(0, 2).join('/')]),
    main: await world.mainTitles(),
  };
}

kill.run();
