import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RegistryError } from '../../../registry-repo/errors.ts';
import { attachVerdict } from '../../../registry-repo/verdict/attached.ts';
import { newSigningKey } from '../../../registry-repo/verdict/keys.ts';
import { type MainCommit, mainHistory } from '../../../registry-repo/verify/history.ts';
import { verifyProduction } from '../../../registry-repo/verify/production.ts';
import { candidateOf, MODEL, TestRegistry, TIME } from '../../support/registry.ts';

// A person presses the forge's own button on a pull request that the gate has judged.

type Button = 'merge' | 'squash' | 'rebase' | 'fast-forward';
const BUTTONS: readonly Button[] = ['merge', 'squash', 'rebase', 'fast-forward'];

const trust = (test: TestRegistry) => ({ keys: test.policy.keys, now: TIME });

const served = async (test: TestRegistry, tip?: string): Promise<string | number> => {
  const request = { git: test.git, tip: tip ?? (await test.main()), model: MODEL, ...trust(test) };
  try {
    return (await verifyProduction(request)).production.version;
  } catch (error) {
    if (error instanceof RegistryError) return error.code;
    throw error;
  }
};

async function kinds(test: TestRegistry, after?: string): Promise<string[]> {
  const found: MainCommit[] = [];
  const request = { git: test.git, tip: await test.main(), ...trust(test), ...(after !== undefined && { after }) };
  for await (const commit of mainHistory(request)) found.push(commit);
  return found.map((c) => (c.kind === 'unexplained' ? `${c.kind}: ${c.code}` : c.kind));
}

/** What the button puts on main. @param head the pull request's */
async function press(
  test: TestRegistry,
  button: Button,
  head: string,
  message = 'Merge pull request #7',
): Promise<string> {
  const { git } = test;
  const from = await test.main();
  const [fork = ''] = await git.mergeBases(from, head);
  const changes = await git.changes(fork, head);
  const tree = await git.writeTree(from, new Map(changes.map((c) => [c.path, c.oid])));
  const parents = button === 'merge' ? [from, head] : [from];
  const to = button === 'fast-forward' ? head : await test.commitTree(tree, parents, message);
  await git.updateRefs([{ ref: 'refs/heads/main', to, from }]);
  return to;
}

async function judged(test: TestRegistry, head: string, over: Parameters<TestRegistry['gate']>[1] = {}) {
  const { verdict } = await test.gate(head, over);
  await attachVerdict(test.git, head, verdict as Buffer);
  return verdict as Buffer;
}

const hand = suite('merges by hand');

for (const button of BUTTONS)
  hand(`${button}: what a verdict covers is understood, and so is what follows`, async () => {
    const test = await TestRegistry.create();
    const first = await test.promote(candidateOf(9), 1);
    const head = await test.propose(candidateOf(10), { version: 2 });
    await judged(test, head);
    const by = await press(test, button, head);
    assert.is(await served(test), 2);
    const back = await test.proposeRollback(first.ref);
    await judged(test, back, { reason: 'complaints' });
    await press(test, button, back, '');
    assert.is(await served(test), 1);
    assert.equal(await kinds(test), ['init', 'promotion', 'promotion', 'rollback']);
    assert.equal(await kinds(test, by), ['rollback']);
  });

for (const button of BUTTONS.filter((b) => b !== 'fast-forward'))
  hand(`${button}: main may have moved elsewhere since the verdict`, async () => {
    const test = await TestRegistry.create();
    const head = await test.propose(candidateOf(9), { version: 1 });
    await judged(test, head);
    await test.pushToMain({ 'README.md': '# Moved\n' });
    await press(test, button, head);
    assert.is(await served(test), 1);
  });

hand('without a verdict, with one that says no, or with a stranger’s: it explains nothing', async () => {
  const test = await TestRegistry.create();
  const head = await test.propose(candidateOf(5), { version: 1 });
  await press(test, 'squash', head);
  assert.is(await served(test), 'verdict_missing');
  const base = (await test.git.commit(head)).parents[0] as string;
  await judged(test, head, { base });
  assert.is(await served(test), 'verdict_missing');
  const other = await TestRegistry.create();
  const good = await other.propose(candidateOf(9), { version: 1 });
  await judged(other, good, { key: newSigningKey() }).catch(() => null);
  await press(other, 'merge', good);
  assert.is(await served(other), 'verdict_missing');
});

hand('anything besides what was judged is refused', async () => {
  const test = await TestRegistry.create();
  const head = await test.propose(candidateOf(9), { version: 1 });
  await judged(test, head);
  for (const extra of [
    { 'models/sentiment/versions/1/model.onnx': 'other bytes' },
    { 'models/sentiment/versions/1/more': 'x' },
    { 'models/sentiment/versions/1/training-rows.bin': null },
  ]) {
    const tree = await test.tree(head, extra);
    const tip = await test.commitTree(tree, [await test.main(), head], 'Merge pull request #7');
    assert.is(await served(test, tip), 'verdict_missing', Object.keys(extra)[0]);
  }
});

for (const button of ['merge', 'squash'] as const)
  hand(`${button}: no verdict counts twice, whether its first use named it or not`, async () => {
    for (const firstNamed of [true, false])
      for (const secondNamed of [true, false]) {
        const test = await TestRegistry.create();
        const first = await test.promote(candidateOf(9), 1);
        const second = await test.promote(candidateOf(10), 2);
        const back = await test.proposeRollback(first.ref);
        const verdict = await judged(test, back, { reason: 'complaints' });
        await (firstNamed ? test.merge(verdict) : press(test, button, back));
        assert.is(await served(test), 1);
        await test.rollBack(second.ref);
        assert.is(await served(test), 2);
        const known = await test.main();
        const pointer = await (await test.at(back)).file(`models/${MODEL}/production.json`, 10_000);
        if (secondNamed) await test.merge(verdict);
        else {
          const tree = await test.tree(known, { [`models/${MODEL}/production.json`]: pointer });
          const to = await test.commitTree(tree, button === 'merge' ? [known, back] : [known], 'again');
          await test.git.updateRefs([{ ref: 'refs/heads/main', to, from: known }]);
        }
        const what = JSON.stringify({ firstNamed, secondNamed });
        assert.is(await served(test), 'verdict_invalid', what);
        assert.is((await kinds(test)).at(-1), 'unexplained: replayed', what);
        assert.equal(await kinds(test, known), ['unexplained: replayed'], what);
      }
  });

hand.run();
