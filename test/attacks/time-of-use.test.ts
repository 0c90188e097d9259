import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ArtifactCorruptError } from '../../registry-repo/artifacts/errors.ts';
import { RefMovedError } from '../../registry-repo/git.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { verdictRef } from '../../registry-repo/verdict/attached.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import { openVerdict, VerdictInvalidError } from '../../registry-repo/verdict/signed.ts';
import { RegistryDivergedError, VerdictMissingError } from '../../registry-repo/verify/errors.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { copyVersionFiles } from '../../registry-repo/version-files.ts';
import { inShort } from '../support/crafted.ts';
import { rowsFor } from '../support/models.ts';
import { temporaryFolder } from '../support/paths.ts';
import { candidateOf, MODEL, scoreHere, TestRegistry, TIME } from '../support/registry.ts';
import { rejects } from '../support/rejects.ts';

const attacks = suite<{ test: TestRegistry }>('attacks between check and use');
attacks.before.each(async (context) => {
  context.test = await TestRegistry.create();
});

const production = async (test: TestRegistry) =>
  verifyProduction({ git: test.git, tip: await test.main(), model: MODEL, keys: test.policy.keys, now: TIME });
const openedBy = (test: TestRegistry, bytes: Uint8Array | null) => openVerdict(bytes as Buffer, test.policy.keys, TIME);
const verdictOf = (test: TestRegistry, bytes: Uint8Array | null) => openedBy(test, bytes).verdict;
const passing = async (test: TestRegistry, head: ObjectId, over = {}) => {
  const { judgement, verdict } = await test.gate(head, over);
  assert.is(judgement.result, 'pass');
  return verdict as Buffer;
};

attacks('attack 12: the model’s bytes are swapped after the gate', async ({ test }) => {
  const candidate = candidateOf(9);
  const folder = `models/${MODEL}/versions/1`;
  for (const bytes of candidate.files.values()) await test.artifacts.put(bytes);
  const head = await test.propose(candidate, { version: 1, extra: { [`${folder}/model.onnx`]: null } });
  await test.merge(await passing(test, head));
  const verified = await production(test);
  const files = {
    registry: await test.at(),
    artifacts: test.artifacts,
    model: MODEL,
    version: 1,
    manifest: verified.manifest,
  };
  await copyVersionFiles(files, temporaryFolder(), () => true);
  const digest = verified.manifest.files.find((f) => f.path === 'model.onnx')?.digest.slice(7) as string;
  const stored = join(test.folder, 'artifacts/sha256', digest.slice(0, 2), digest.slice(2));
  chmodSync(stored, 0o644);
  writeFileSync(stored, candidateOf(0).files.get('model.onnx') as Buffer);
  await rejects(
    copyVersionFiles(files, temporaryFolder(), () => true),
    ArtifactCorruptError,
  );

  await test.pushToMain({ [`${folder}/training-rows.bin`]: Buffer.alloc(8) });
  await rejects(production(test), RegistryDivergedError);
});

attacks('attack 13: a new head is pushed between gate and merge', async ({ test }) => {
  const good = await test.propose(candidateOf(9), { version: 1 });
  const branch = 'refs/heads/promote/sentiment/1';
  await test.git.updateRefs([{ ref: branch, to: good, from: null }]);
  const verdict = await passing(test, good);
  const evil = await test.propose(candidateOf(1), { version: 1 });
  await test.git.updateRefs([{ ref: branch, to: evil, from: good }]);
  const from = await test.main();
  const merge = { ref: 'refs/heads/main', to: evil, from };
  await rejects(test.git.updateRefs([merge, { ref: branch, to: null, from: good }]), RefMovedError);
  assert.is(await test.main(), from, 'the merge names the head it was judged at, and moves nothing');

  const honest = await test.merge(verdict);
  const [{ message } = { message: '' }] = await test.git.firstParents(honest, { max: 1 });
  const tree = await test.git.text(['rev-parse', `${evil}^{tree}`]);
  const forced = await test.commitTree(tree, [from], message);
  await test.git.updateRefs([{ ref: 'refs/heads/main', to: forced, from: honest }]);
  await rejects(production(test), RegistryDivergedError);
});

attacks('attack 14: the branch is force-pushed while the gate scores', async ({ test }) => {
  const [good, evil] = [candidateOf(9), candidateOf(1)];
  const head = await test.propose(good, { version: 1 });
  const other = await test.propose(evil, { version: 1 });
  const branch = 'refs/heads/promote/sentiment/1';
  await test.git.updateRefs([{ ref: branch, to: head, from: null }]);
  const score: typeof scoreHere = async (task) => {
    await test.git.updateRefs([{ ref: branch, to: other, from: head }]);
    return scoreHere(task);
  };
  const { bound, evidence } = verdictOf(test, await passing(test, head, { score }));
  assert.is(bound.head, head);
  assert.equal(evidence.measured?.candidate, good.manifest.claimed.confusion);
  assert.is(await test.git.resolve(branch), other);
});

attacks('attack 15: two candidates pass against one baseline', async ({ test }) => {
  await test.promote(candidateOf(8), 1);
  const base = await test.main();
  const heads = [
    await test.propose(candidateOf(10), { version: 2 }),
    await test.propose(candidateOf(9), { version: 3 }),
  ];
  const [first, second] = await Promise.all(heads.map((head) => passing(test, head)));
  await test.merge(first as Buffer);
  assert.equal(
    (await misfits(openedBy(test, second as Buffer), await test.at())).map((f) => f.code),
    ['baseline-moved', 'changes-collide'],
  );
  await rejects(test.merge(second as Buffer, { onto: base }), RefMovedError);
  assert.equal(inShort((await test.gate(heads[1] as ObjectId)).judgement), ['stale', 'stale-baseline']);
  const again = await test.propose(candidateOf(9), { version: 3 });
  assert.equal(inShort((await test.gate(again)).judgement), ['fail', 'f1-below-baseline']);
  await test.merge(second as Buffer);
  const error = await rejects(production(test), VerdictInvalidError);
  assert.is(error.reason, 'void', 'and a server does not follow a merge that was forced');
});

attacks('attack 16: production is rolled back between gate and merge', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  await test.promote(candidateOf(10), 2);
  const equal = candidateOf(10, { trainingRows: rowsFor('other') });
  const head = await test.propose(equal, { version: 3 });
  const verdict = await passing(test, head);
  await test.rollBack(first.ref);
  assert.equal(
    (await misfits(openedBy(test, verdict), await test.at())).map((f) => f.code),
    ['baseline-moved', 'changes-collide'],
  );
  assert.is((await test.gate(head)).judgement.result, 'stale');
  await test.merge(verdict);
  assert.is((await rejects(production(test), VerdictInvalidError)).reason, 'void');
});

attacks('attack 16: the verdict of one pull request is attached to another', async ({ test }) => {
  const verdict = await passing(test, await test.propose(candidateOf(9), { version: 1 }));
  const evil = await test.propose(candidateOf(1), { version: 1 });
  const honest = await test.merge(verdict);
  const [{ message } = { message: '' }] = await test.git.firstParents(honest, { max: 1 });
  const { bound } = verdictOf(test, verdict);
  const digest = /Verdict-Digest: (\S+)/.exec(message)?.[1] as string;
  const blob = await test.git.writeBlob(verdict);
  await test.git.updateRefs([{ ref: verdictRef(evil, digest), to: blob, from: null }]);
  const tree = await test.git.text(['rev-parse', `${evil}^{tree}`]);
  const forged = await test.commitTree(tree, [bound.base], message.replace(bound.head, evil));
  await test.git.updateRefs([{ ref: 'refs/heads/main', to: forged, from: honest }]);
  assert.is((await rejects(production(test), VerdictInvalidError)).reason, 'mismatch');
});

attacks('attack 21: a bad model is pushed to main, so that a poor one is better', async ({ test }) => {
  const first = await test.promote(candidateOf(10), 1);
  await test.pushToMain(await test.filesFor(candidateOf(1), { version: 2 }), 'promote sentiment');
  await rejects(production(test), VerdictMissingError);
  const { judgement, verdict } = await test.gate(await test.propose(candidateOf(5), { version: 3 }));
  assert.equal([...inShort(judgement), verdict], ['error', 'baseline-unverified', null]);
  await test.rollBack(first.ref);
  assert.is((await production(test)).production.version, 1, 'a rollback leads out');
  assert.equal(inShort((await test.gate(await test.propose(candidateOf(9), { version: 3 }))).judgement), [
    'fail',
    'f1-below-baseline',
  ]);
});

attacks('attack 21: a bad model is pushed to main before any version passed the gate', async ({ test }) => {
  await test.pushToMain(await test.filesFor(candidateOf(1), { version: 1 }), 'promote sentiment');
  const poor = await test.gate(await test.propose(candidateOf(7), { version: 2 }));
  assert.equal([...inShort(poor.judgement), poor.verdict], ['fail', 'f1-below-minimum', null]);
  const good = await test.gate(await test.propose(candidateOf(10), { version: 2 }));
  assert.is(good.judgement.result, 'pass', 'the first one that passes leads out');
});

attacks('attack 21: a revoked baseline does not keep a better one out', async ({ test }) => {
  const { ref } = await test.promote(candidateOf(9), 1);
  await test.changePolicy((policy) => {
    policy.revoked = [ref.manifest];
  });
  await test.promote(candidateOf(10), 2);
  assert.is((await production(test)).production.version, 2);
});

attacks.run();
