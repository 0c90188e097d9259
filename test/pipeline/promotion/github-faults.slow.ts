import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reconcile } from '../../../pipeline/promotion/reconcile.ts';
import { checkChain } from '../../doubles/github/check-chain.ts';
import type { FaultKind } from '../../doubles/github/faults.ts';
import { GitHubWorld } from '../../doubles/github/github-world.ts';
import { PATIENCE_MS } from '../../support/until.ts';

const faults = suite('a promotion on a bad day');

const KINDS: readonly FaultKind[] = [
  'drop-before',
  'drop-after',
  '500',
  '502',
  '502-after',
  'secondary-limit',
  '429',
  'truncated',
];

/** Numbers below `of`, the same for the same seed (mulberry32). */
function dice(seed: number): (of: number) => number {
  let state = seed;
  return (of) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % of;
  };
}

for (let seed = 1; seed <= 12; seed++)
  faults(`every few requests fail, schedule ${seed}: it ends as on a good day, with nothing twice`, async () => {
    const github = await GitHubWorld.create();
    try {
      const roll = dice(seed);
      for (let skip = roll(5), n = 0; n < 12; n++, skip += 1 + roll(6))
        github.double.fault({ match: /./, kind: KINDS[roll(KINDS.length)] as FaultKind, skip });
      const digest = await github.world.candidate(9);
      for (let tries = 1; ; tries++) {
        const ended = await promoteOnce(github, digest).catch((error: Error) => error);
        if (!(ended instanceof Error)) break;
        assert.ok('code' in ended, `an error without a code: ${ended.stack}`);
        assert.ok(tries < 10, `it never ends: ${ended.message}`);
      }
      await github.double.settled();
      github.double.clearFaults();
      for (const error of github.failures.splice(0))
        assert.ok('code' in error, `an error without a code: ${error.stack}`);
      assert.is(github.repo.pulls.length, 1);
      assert.is(await checkChain(github, ['sentiment']), 1);
      const markers = github.repo.comments.map((c) => c.body.split('\n')[0]);
      assert.is(new Set(markers).size, markers.length);
      const types = (await github.world.log()).map((e) => e.type);
      for (const type of new Set(types)) assert.is(types.filter((t) => t === type).length, 1, type);
      assert.equal((await reconcile(github.ports())).diverged, []);
    } finally {
      await github.close();
    }
  });

/** A process that promotes; what an earlier one has left, it goes on with. */
async function promoteOnce(github: GitHubWorld, digest: string): Promise<void> {
  const { process } = github.ports();
  const { model, proposal } = await process.propose(digest, null);
  if (proposal.kind === 'done') return;
  const id = proposal.kind === 'new' ? proposal.fact.data.promotionId : proposal.promotionId;
  await process.finish(model, id);
  await github.double.settled();
  const [request] = github.asked;
  if (request && !github.published.some((p) => p.outcome === 'merged')) {
    await github.gate(request.number, request.head);
  }
  await process.finish(model, id, { waitMs: PATIENCE_MS });
}

faults.run();
