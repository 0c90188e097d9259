import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GitHubForge } from '../../../pipeline/forge/forge.github.ts';
import { checkChain } from '../../support/github/check-chain.ts';
import { GitHubWorld } from '../../support/github/github-world.ts';
import { Killed } from '../../support/promotions.ts';

const kills = suite('killed between any two calls to GitHub');

/** A forge whose process dies at its `at`-th change at GitHub, before or after it took effect; after that it does nothing. */
function mortal(
  github: GitHubWorld,
  at: number,
  when: 'before' | 'after',
): { forge: GitHubForge; calls: () => number } {
  const forge = github.forge();
  const { place, mirror } = forge.connection;
  let [calls, dead] = [0, false];
  const wrap = (target: object, name: string) => {
    const work = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
    Reflect.set(target, name, async (...args: unknown[]) => {
      if (dead) throw new Killed();
      calls++;
      if (calls === at && when === 'before') dead = true;
      if (dead) throw new Killed();
      const result = await work.apply(target, args);
      if (calls === at) dead = true;
      if (dead) throw new Killed();
      return result;
    });
  };
  wrap(place.api, 'send');
  wrap(mirror, 'push');
  return { forge, calls: () => calls };
}

kills('the next process goes on, and nothing is done twice', async () => {
  for (const when of ['before', 'after'] as const)
    for (let at = 1; ; at++) {
      const github = await GitHubWorld.create();
      const digest = await github.world.candidate(9);
      const { forge, calls } = mortal(github, at, when);
      const first = await github.promote(digest, github.ports(forge)).catch((error) => {
        if (error instanceof Killed) return null;
        throw error;
      });
      await github.double.settled();
      const { process } = github.ports();
      const { proposal } = await process.propose(digest, null);
      if (proposal.kind === 'open') {
        const done = await process.finish('sentiment', proposal.promotionId, { waitMs: 60_000 });
        assert.is(done.status, 'merged', `${when} call ${at}`);
      } else assert.is(proposal.kind, 'done', `${when} call ${at}`);
      assert.is(github.repo.pulls.length, 1);
      assert.is(await checkChain(github, ['sentiment']), 1);
      const markers = github.repo.comments.map((c) => c.body.split('\n')[0]);
      assert.is(new Set(markers).size, markers.length);
      assert.equal(github.double.violations, []);
      await github.close();
      if (first) {
        assert.ok(calls() > 2, 'the process was never killed');
        break;
      }
    }
});

kills.run();
