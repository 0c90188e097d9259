import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { misfits } from '../../../registry-repo/verdict/fits.ts';
import { openVerdict } from '../../../registry-repo/verdict/signed.ts';
import type { Verdict } from '../../../registry-repo/verdict/verdict.ts';
import { candidateOf, evaluationSet, MODEL, modelPolicy, TestRegistry, TIME } from '../../support/registry.ts';

type Context = { test: TestRegistry; verdict: Verdict };
const fitting = suite<Context>('whether a verdict still fits');
fitting.before.each(async (context) => {
  const test = await TestRegistry.create((policy) => {
    policy.models.other = modelPolicy();
  });
  const { verdict } = await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  Object.assign(context, { test, verdict: openVerdict(verdict as Buffer, test.policy.keys, TIME).verdict });
});
const codes = async ({ test, verdict }: Context, tip?: string) =>
  (await misfits({ verdict, keys: test.policy.keys }, await test.at(tip))).map((f) => f.code);

fitting('it does while main is where it was, or only other models moved', async (context) => {
  const { test } = context;
  assert.equal(await codes(context), []);
  const other = candidateOf(10, { over: { model: 'other' } });
  const { verdict } = await test.gate(await test.propose(other, { version: 1, model: 'other' }));
  await test.merge(verdict as Buffer);
  await test.pushToMain({ 'README.md': '# More\n' });
  assert.equal(await codes(context), []);
});

fitting('it does not once the policy, the evaluation set or the baseline has moved', async (context) => {
  const { test } = context;
  const base = await test.main();
  const set = evaluationSet(test.rows);
  assert.equal(
    await codes(context, await test.commit(base, { 'gate.json': { ...test.policy, revoked: [set.digest] } })),
    ['policy-moved'],
  );
  assert.equal(await codes(context, await test.commit(base, { 'gate.json': null })), ['policy-moved']);
  const changed = { ...set, source: 'elsewhere' };
  assert.equal(await codes(context, await test.commit(base, { 'evaluation/reviews.json': changed })), [
    'evaluation-moved',
  ]);
  await test.promote(candidateOf(10), 2);
  assert.equal(await codes(context), ['baseline-moved', 'changes-collide']);
});

fitting('it does not where its files are taken', async (context) => {
  const { test } = context;
  const tip = await test.commit(await test.main(), { [`models/${MODEL}/versions/1/manifest.json`]: '{}\n' });
  assert.equal(await codes(context, tip), ['changes-collide']);
});

fitting('it does not on a main that was rewritten', async (context) => {
  const { test } = context;
  const tip = await test.commit(null, {
    'gate.json': test.policy,
    'evaluation/reviews.json': evaluationSet(test.rows),
  });
  assert.equal(await codes(context, tip), ['history-rewritten']);
});

fitting.run();
