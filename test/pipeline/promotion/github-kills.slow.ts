import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GitHubForge } from '../../../pipeline/forge/forge.github.ts';
import { checkChain } from '../../doubles/github/check-chain.ts';
import { GitHubWorld } from '../../doubles/github/github-world.ts';
import { Killed } from '../../support/promotions.ts';
import { PATIENCE_MS } from '../../support/until.ts';

const kills = suite('killed between any two calls to GitHub');

/** Makes a forge's process die at its `at`-th call of API or git, before or after it took effect; after that it does nothing. */
function mortal(forge: GitHubForge, at: number, when: 'before' | 'after'): () => number {
  const { place, mirror } = forge.connection;
  let [calls, dead] = [0, false];
  const wrap = (target: object, name: string) => {
    const work = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
    Reflect.set(target, name, async (...args: unknown[]) => {
      if (dead) throw new Killed();
      calls++;
      const mine = calls === at;
      if (mine && when === 'before') dead = true;
      if (dead) throw new Killed();
      const result = await work.apply(target, args);
      if (mine) dead = true;
      if (dead) throw new Killed();
      return result;
    });
  };
  for (const name of ['get', 'list', 'send']) wrap(place.api, name);
  wrap(mirror, 'push');
  return () => calls;
}

const orKilled = <T>(work: Promise<T>): Promise<T | null> =>
  work.catch((error) => {
    if (error instanceof Killed) return null;
    throw error;
  });

/** One promotion, one pull request, one merge, each remark once, each fact once. */
async function checkOnce(github: GitHubWorld, where: string): Promise<void> {
  await github.double.settled();
  assert.is(github.repo.pulls.length, 1, where);
  assert.is(await checkChain(github, ['sentiment']), 1, where);
  const markers = github.repo.comments.map((c) => c.body.split('\n')[0]);
  assert.is(new Set(markers).size, markers.length, where);
  const types = (await github.world.log()).map((e) => e.type).slice(1);
  assert.equal(types, ['PromotionProposed', 'PullRequestOpened', 'GateJudged', 'PromotionMerged'], where);
  assert.equal(github.double.violations, []);
}

/** Plays with a kill at every call in turn, until there are no more. @returns how many there were */
async function everywhere(play: (at: number, when: 'before' | 'after') => Promise<boolean>): Promise<number> {
  let kills = 0;
  for (const when of ['before', 'after'] as const) for (let at = 1; !(await play(at, when)); at++) kills++;
  return kills;
}

kills('whoever promotes: the next process goes on, and nothing is done twice', async () => {
  const count = await everywhere(async (at, when) => {
    const github = await GitHubWorld.create();
    try {
      const where = `${when} call ${at}`;
      const digest = await github.world.candidate(9);
      const forge = github.forge();
      mortal(forge, at, when);
      const first = await orKilled(github.promote(digest, github.ports(forge)));
      const { process } = github.ports();
      const { proposal } = await process.propose(digest, null);
      if (proposal.kind === 'new' || proposal.kind === 'open') {
        const id = proposal.kind === 'new' ? proposal.fact.data.promotionId : proposal.promotionId;
        const done = await process.finish('sentiment', id, { waitMs: PATIENCE_MS });
        assert.is(done.status, 'merged', where);
      }
      await checkOnce(github, where);
      return first !== null;
    } finally {
      await github.close();
    }
  });
  console.log(`${count} kills of whoever promotes`);
  assert.ok(count > 20, 'it was hardly ever killed');
});

kills('the gate: asked again, it goes on, and nothing is judged, shown or merged twice', async () => {
  const count = await everywhere(async (at, when) => {
    const github = await GitHubWorld.create();
    try {
      const where = `${when} call ${at}`;
      let died = false;
      github.onGate = (forge) => {
        github.onGate = null;
        mortal(forge, at, when);
      };
      const { process } = github.ports();
      const { proposal } = await process.propose(await github.world.candidate(9), null);
      assert.ok(proposal.kind === 'new');
      const id = proposal.fact.data.promotionId;
      await process.finish('sentiment', id);
      await github.double.settled();
      died = github.died > 0;
      const [request] = github.asked;
      assert.ok(request, where);
      if (died) await github.gate(request.number, request.head);
      const done = await process.finish('sentiment', id, { waitMs: PATIENCE_MS });
      assert.equal([done.status, done.judgements], ['merged', 1], where);
      await checkOnce(github, where);
      return !died;
    } finally {
      await github.close();
    }
  });
  console.log(`${count} kills of the gate`);
  assert.ok(count > 10, 'it was hardly ever killed');
});

kills.run();
