import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reconcile } from '../../../pipeline/promotion/reconcile.ts';
import { GitHubWorld } from '../../doubles/github/github-world.ts';

const github = suite('promotions on GitHub');

github('reconciling on a machine that has no copy of the registry yet', async () => {
  const world = await GitHubWorld.create();
  try {
    const merged = await world.promote(await world.world.candidate(9));
    assert.is(merged.status, 'merged');
    const { diverged, finished } = await reconcile(world.ports());
    assert.equal([diverged, finished], [[], []]);
  } finally {
    await world.close();
  }
});

github.run();
