import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RegistryError } from '../../../registry-repo/errors.ts';
import { parseMergeMessage, printMergeMessage } from '../../../registry-repo/merge-message.ts';
import { attachVerdict, findVerdict, verdictRef } from '../../../registry-repo/verdict/attached.ts';
import { newSigningKey, publicKeyOf } from '../../../registry-repo/verdict/keys.ts';
import { VerdictInvalidError } from '../../../registry-repo/verdict/signed.ts';
import { verifyProduction } from '../../../registry-repo/verify/production.ts';
import { candidateOf, MODEL, TestRegistry, TIME } from '../../support/registry.ts';

const verify = async (test: TestRegistry, over: Partial<Parameters<typeof verifyProduction>[0]> = {}) =>
  verifyProduction({ git: test.git, tip: await test.main(), model: MODEL, keys: test.policy.keys, now: TIME, ...over });

/** The code of the error, and the reason of an invalid verdict. */
async function refusal(verifying: Promise<unknown>): Promise<string> {
  try {
    await verifying;
    return 'verified';
  } catch (error) {
    if (error instanceof VerdictInvalidError) return `${error.code}: ${error.reason}`;
    if (error instanceof RegistryError) return error.code;
    throw error;
  }
}

const verifying = suite<{ test: TestRegistry }>('verifying production');
verifying.before.each(async (context) => {
  context.test = await TestRegistry.create();
});

verifying('tells what is in production, and the verdict that put it there', async ({ test }) => {
  const { commit, ref, verdict } = await test.promote(candidateOf(9), 1);
  const verified = await verify(test);
  assert.equal([verified.commit, verified.manifestDigest, verified.production.version], [commit, ref.manifest, 1]);
  assert.is(verified.verdict.result, 'pass');
  assert.equal(verified.manifest, candidateOf(9).manifest);
  const kept = await findVerdict(test.git, verified.verdict.bound.head, verified.verdictDigest);
  assert.ok(kept?.equals(verdict));
});

verifying('follows promotions and rollbacks, whatever else people merge', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  await test.changePolicy((policy) => {
    policy.rollback.last = 9;
  });
  await test.promote(candidateOf(10), 2);
  await test.pushToMain({ 'README.md': '# More\n' });
  assert.is((await verify(test)).production.version, 2);
  await test.rollBack(first.ref);
  const verified = await verify(test);
  assert.equal([verified.production.version, verified.verdict.class], [1, 'rollback']);
});

verifying('works after the judged branch is gone and judged again', async ({ test }) => {
  const head = await test.propose(candidateOf(9), { version: 1 });
  const base = await test.main();
  const { verdict } = await test.gate(head);
  await test.merge(verdict as Buffer);
  const again = await test.gate(head, { base, pullRequest: 8 });
  await attachVerdict(test.git, head, again.verdict as Buffer);
  assert.is((await verify(test)).production.version, 1);
});

verifying('says so when nothing is in production', async ({ test }) => {
  assert.is(await refusal(verify(test)), 'nothing_in_production');
  assert.is(await refusal(verify(test, { model: 'other' })), 'nothing_in_production');
});

verifying('believes only the keys it is given', async ({ test }) => {
  await test.promote(candidateOf(9), 1);
  const stranger = publicKeyOf(newSigningKey(), { role: 'gate', from: '2026-01-01T00:00:00.000Z', until: null });
  assert.is(await refusal(verify(test, { keys: [stranger] })), 'verdict_invalid: untrusted');
  assert.is(await refusal(verify(test, { keys: [] })), 'verdict_invalid: untrusted');
});

verifying('refuses what was pushed past the gate', async ({ test }) => {
  await test.promote(candidateOf(9), 1);
  await test.pushToMain(await test.filesFor(candidateOf(10), { version: 2 }));
  assert.is(await refusal(verify(test)), 'verdict_missing');
});

verifying('refuses a pointer that is bent by hand, even back', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  await test.promote(candidateOf(10), 2);
  const files = await test.git.blob(
    (await (await test.at(first.commit)).stat('models/sentiment/production.json'))?.oid as string,
  );
  await test.pushToMain({ 'models/sentiment/production.json': files });
  assert.is(await refusal(verify(test)), 'verdict_missing');
});

verifying('refuses a verdict that is not there', async ({ test }) => {
  const { commit } = await test.promote(candidateOf(9), 1);
  const [merge] = await test.git.firstParents(commit, { max: 1 });
  const facts = parseMergeMessage(merge?.message ?? '');
  const ref = verdictRef(facts.head, facts.verdict);
  const blob = (await test.git.resolve(ref)) as string;
  await test.git.updateRefs([{ ref, to: null, from: blob }]);
  assert.is(await refusal(verify(test)), 'verdict_missing');
  const again = await test.gate(facts.head, {
    base: merge?.parents[0] as string,
    now: () => new Date(TIME.getTime() + 1),
  });
  const other = await test.git.writeBlob(again.verdict as Buffer);
  await test.git.updateRefs([{ ref, to: other, from: null }]);
  assert.is(await refusal(verify(test)), 'verdict_invalid: mismatch', 'another one of the same head, as good as it is');
  const rubbish = await test.git.writeBlob('{}\n');
  await test.git.updateRefs([{ ref, to: rubbish, from: other }]);
  assert.is(await refusal(verify(test)), 'verdict_invalid: malformed');
});

/** Merges a passing verdict, with trailers that say something else. */
async function mergeWith(test: TestRegistry, change: (facts: ReturnType<typeof parseMergeMessage>) => void) {
  const { verdict } = await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  const before = await test.main();
  const commit = await test.merge(verdict as Buffer);
  const [merge] = await test.git.firstParents(commit, { max: 1 });
  const facts = parseMergeMessage(merge?.message ?? '');
  change(facts);
  const tree = await test.git.text(['rev-parse', `${commit}^{tree}`]);
  return test.commitTree(tree, [before], printMergeMessage('promote', '', facts));
}

verifying('refuses trailers that say something else than the verdict', async ({ test }) => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const changes: readonly [string, Parameters<typeof mergeWith>[1], string][] = [
    [
      'version',
      (f) => {
        f.version = 3;
      },
      'verdict_invalid: mismatch',
    ],
    [
      'model',
      (f) => {
        f.model = 'other';
      },
      'verdict_invalid: mismatch',
    ],
    [
      'class',
      (f) => {
        f.class = 'rollback';
      },
      'verdict_invalid: mismatch',
    ],
    [
      'candidate',
      (f) => {
        f.candidate = digest;
      },
      'verdict_invalid: mismatch',
    ],
    [
      'baseline',
      (f) => {
        f.baseline = digest;
      },
      'verdict_invalid: mismatch',
    ],
    [
      'pull request',
      (f) => {
        f.pullRequest = 9;
      },
      'verdict_invalid: mismatch',
    ],
    [
      'head',
      (f) => {
        f.head = 'a'.repeat(40);
      },
      'verdict_missing',
    ],
    [
      'verdict',
      (f) => {
        f.verdict = digest;
      },
      'verdict_missing',
    ],
  ];
  for (const [name, change, expected] of changes) {
    const registry = await TestRegistry.create();
    assert.is(await refusal(verify(registry, { tip: await mergeWith(registry, change) })), expected, name);
  }
  assert.is(await refusal(verify(test, { tip: await mergeWith(test, () => {}) })), 'verified', 'the untouched one');
});

verifying('refuses a merge on a verdict that says fail', async ({ test }) => {
  const { verdict } = await test.gate(await test.propose(candidateOf(5), { version: 1 }));
  await test.merge(verdict as Buffer);
  assert.is(await refusal(verify(test)), 'verdict_invalid: mismatch');
});

verifying('attack 18: refuses a merge that brings more, less or other bytes than were judged', async ({ test }) => {
  const { verdict } = await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  const base = await test.main();
  const commit = await test.merge(verdict as Buffer);
  const [merge] = await test.git.firstParents(commit, { max: 1 });
  for (const [name, files] of Object.entries({
    more: { 'models/sentiment/versions/1/extra': 'x' },
    less: { 'models/sentiment/versions/1/training-rows.bin': null },
    other: { 'models/sentiment/versions/1/model.onnx': 'other bytes' },
    elsewhere: { 'README.md': 'changed with it' },
  })) {
    const tip = await test.commitTree(await test.tree(commit, files), [base], merge?.message);
    assert.is(await refusal(verify(test, { tip })), 'registry_drifted', name);
  }
});

verifying('refuses a merge onto a main that was not judged against', async ({ test }) => {
  const { verdict } = await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  await test.changePolicy((policy) => {
    const rules = policy.models[MODEL];
    if (rules) rules.minimum = 0.99;
  });
  await test.merge(verdict as Buffer);
  assert.is(await refusal(verify(test)), 'verdict_invalid: void');
});

verifying('refuses a version folder that was changed later', async ({ test }) => {
  await test.promote(candidateOf(9), 1);
  await test.pushToMain({ 'models/sentiment/versions/1/model.onnx': 'other bytes' });
  assert.is(await refusal(verify(test)), 'registry_drifted');
});

verifying('refuses a version that is revoked', async ({ test }) => {
  const { ref } = await test.promote(candidateOf(9), 1);
  await test.changePolicy((policy) => {
    policy.revoked = [ref.manifest];
  });
  assert.is(await refusal(verify(test)), 'version_revoked');
});

verifying('refuses a verdict that is used a second time', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  const second = await test.promote(candidateOf(10), 2);
  const back = await test.rollBack(first.ref);
  await test.rollBack(second.ref);
  assert.is((await verify(test)).production.version, 2);
  // The same words once more: baseline, policy, changes, all is as it was judged then.
  const [merge] = await test.git.firstParents(back.commit, { max: 1 });
  const pointer = await (await test.at(back.commit)).file('models/sentiment/production.json', 10_000);
  await test.pushToMain({ 'models/sentiment/production.json': pointer }, merge?.message);
  assert.is((await (await test.at()).production(MODEL))?.value.version, 1);
  assert.is(await refusal(verify(test)), 'verdict_invalid: replayed');
});

verifying.run();
