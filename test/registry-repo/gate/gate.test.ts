import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue } from '../../../events/catalogue.ts';
import { digestOf } from '../../../registry-repo/digest.ts';
import type { GateJudgement } from '../../../registry-repo/gate/gate.ts';
import { Git } from '../../../registry-repo/git.ts';
import type { ModelPolicy } from '../../../registry-repo/policy.ts';
import { productionPath } from '../../../registry-repo/production.ts';
import { printRows } from '../../../registry-repo/rows.ts';
import type { Score } from '../../../registry-repo/scoring/score.ts';
import { newSigningKey, publicKeyOf } from '../../../registry-repo/verdict/keys.ts';
import { openVerdict } from '../../../registry-repo/verdict/signed.ts';
import { f1OfSkill, rowsFor, skilled } from '../../support/models.ts';
import {
  candidateOf,
  evaluationSet,
  MODEL,
  modelPolicy,
  scoreHere,
  TestRegistry,
  TIME,
  withFile,
} from '../../support/registry.ts';

type Context = { test: TestRegistry };

/** Result and the codes of what was not simply fine. */
const summary = ({ result, findings }: GateJudgement): string[] => [
  result,
  ...findings.filter((f) => f.kind !== 'passed').map((f) => f.code),
];
const judged = async (test: TestRegistry, head: string, over: Parameters<TestRegistry['gate']>[1] = {}) =>
  summary((await test.gate(head, over)).judgement);

/** The judgement as the event that records it. */
function asEvent({
  result,
  reasons,
  findings: _,
  model: _m,
  fault: _f,
  class: kind,
  promotionId,
  ...rest
}: GateJudgement) {
  return catalogue.GateJudged.schema.parse({ ...rest, result, reasons, class: kind, promotionId });
}

/** The same model with so many bytes of documentation (ModelProto.doc_string). */
const padded = (model: Uint8Array, size: number): Buffer =>
  Buffer.concat([model, Buffer.of(0x32, (size & 0x7f) | 0x80, size >> 7), Buffer.alloc(size, 'x')]);

const PLOTS = ['history.svg', 'precision-recall.svg', 'calibration.svg'];

const promotions = suite<Context>('judging promotions');
promotions.before.each(async (context) => {
  context.test = await TestRegistry.create();
});

promotions('plots and the card are pinned files like any other, and no model gets to read them', async ({ test }) => {
  const candidate = [...PLOTS, 'README.md'].reduce(
    (c, name) => withFile(c, name, Buffer.from('for people')),
    candidateOf(9),
  );
  const staged: string[] = [];
  const score: Score = (task) => {
    staged.push(...readdirSync(join(task.folder, 'candidate')).sort());
    return scoreHere(task);
  };
  const { judgement, verdict } = await test.gate(await test.propose(candidate, { version: 1 }), { score });
  assert.equal(summary(judgement), ['pass']);
  assert.equal(staged, ['manifest.json', 'model.onnx']);
  const { files, bound } = openVerdict(verdict as Buffer, test.policy.keys, TIME).verdict;
  for (const name of PLOTS)
    for (const listed of [files, bound.changes])
      assert.ok(
        listed.some((f) => f.path.endsWith(`/${name}`)),
        name,
      );
});

promotions('a first model that is good enough passes, with a signed verdict', async ({ test }) => {
  const head = await test.propose(candidateOf(9), { version: 1 });
  const { judgement, verdict } = await test.gate(head);
  assert.equal(summary(judgement), ['pass']);
  assert.is(judgement.measured?.candidateF1, f1OfSkill(9));
  assert.is(judgement.measured?.requiredF1, 0.85);
  assert.ok(verdict);
  assert.is(judgement.verdict, digestOf(verdict));
  const opened = openVerdict(verdict, test.policy.keys, TIME).verdict;
  assert.equal(opened.bound, judgement.bound);
  assert.equal(
    [opened.result, opened.model, opened.pullRequest, opened.promotion],
    ['pass', MODEL, 7, judgement.promotionId],
  );
  assert.equal(
    opened.bound.changes.map((c) => c.path),
    ['production.json', 'versions/1/manifest.json', 'versions/1/model.onnx', 'versions/1/training-rows.bin'].map(
      (file) => `models/${MODEL}/${file}`,
    ),
  );
  assert.is(asEvent(judgement).result, 'pass');
});

promotions('one that is not good enough fails, with a signed verdict too', async ({ test }) => {
  const { judgement, verdict } = await test.gate(await test.propose(candidateOf(7), { version: 1 }));
  assert.equal(summary(judgement), ['fail', 'f1-below-minimum']);
  assert.is(verdict && openVerdict(verdict, test.policy.keys, TIME).verdict.result, 'fail');
  assert.is(asEvent(judgement).measured?.candidateF1, f1OfSkill(7));
});

promotions('the baseline is the measure from then on', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  const worse = await test.gate(await test.propose(candidateOf(8), { version: 2 }));
  assert.equal(summary(worse.judgement), ['fail', 'f1-below-baseline']);
  assert.is(worse.judgement.measured?.baselineF1, f1OfSkill(9));
  assert.equal(worse.judgement.bound?.baseline, first.ref);
  const better = await test.gate(await test.propose(candidateOf(10), { version: 3 }));
  assert.equal(summary(better.judgement), ['pass']);
  const equal = await test.gate(
    await test.propose(candidateOf(9, { over: { createdAt: '2026-01-03T00:00:00.000Z' } }), { version: 4 }),
  );
  assert.ok(equal.judgement.reasons.some((r) => r.code === 'f1-equals-baseline'));
});

promotions('files may be in the artifact store instead of the tree', async ({ test }) => {
  await test.changePolicy((policy) => {
    policy.limits.treeBytes = 100;
  });
  const candidate = candidateOf(9);
  const folder = `models/${MODEL}/versions/1`;
  const extra = { [`${folder}/model.onnx`]: null, [`${folder}/training-rows.bin`]: null };
  const head = await test.propose(candidate, { version: 1, extra });
  assert.equal(await judged(test, head), ['error', 'artifact-missing']);
  for (const bytes of candidate.files.values()) await test.artifacts.put(bytes);
  const { judgement, verdict } = await test.gate(head);
  assert.equal(summary(judgement), ['pass']);
  const files = verdict && openVerdict(verdict, test.policy.keys, TIME).verdict.files.map((f) => f.path);
  assert.equal(files, [`${folder}/model.onnx`, `${folder}/training-rows.bin`]);
});

promotions('a candidate made for an older baseline is stale, and can be made again', async ({ test }) => {
  const base = await test.main();
  const [first, second] = [candidateOf(9), candidateOf(10)];
  const late = await test.propose(second, { version: 2, base });
  await test.promote(first, 1);
  const { judgement, verdict } = await test.gate(late);
  assert.equal([...summary(judgement), verdict], ['stale', 'stale-baseline', null]);
  assert.equal(await judged(test, await test.propose(second, { version: 2 })), ['pass']);
});

promotions('another model may move meanwhile', async ({ test }) => {
  await test.changePolicy((policy) => {
    policy.models.other = modelPolicy();
  });
  const base = await test.main();
  const head = await test.propose(candidateOf(9), { version: 1, base });
  const other = candidateOf(10, { over: { model: 'other' } });
  const { verdict } = await test.gate(await test.propose(other, { version: 1, model: 'other' }));
  assert.ok(verdict);
  await test.merge(verdict);
  assert.equal(await judged(test, head), ['pass']);
});

promotions('a model without rules is refused', async ({ test }) => {
  for (const model of ['other', 'constructor']) {
    const candidate = candidateOf(9, { over: { model } });
    assert.equal(await judged(test, await test.propose(candidate, { version: 1, model })), ['fail', 'no-policy']);
  }
});

promotions('a budget is measured beside the baseline, and is in the verdict', async ({ test }) => {
  const [small, large] = [candidateOf(9), candidateOf(10, { onnx: padded(skilled(10).bytes, 5000) })];
  const bytesOf = ({ manifest }: typeof small) => manifest.files.find((f) => f.path === 'model.onnx')?.sizeBytes ?? 0;
  const under = (budget: ModelPolicy['budget']) =>
    test.changePolicy((policy) => {
      policy.models[MODEL] = modelPolicy(budget ? { budget } : {});
    });
  const evidenceOf = async (score: Score = scoreHere) => {
    const head = await test.propose(large, { version: 2 });
    const { judgement, verdict } = await test.gate(head, { score });
    return { ...openVerdict(verdict as Buffer, test.policy.keys, TIME).verdict.evidence, said: summary(judgement) };
  };

  await under({ sizeRatio: 2, latencyRatio: 1000 });
  await test.promote(small, 1); // a first model is held against nothing
  const over = await evidenceOf();
  assert.equal(over.said, ['fail', 'size-over-budget']);
  assert.equal([over.modelBytes, over.baselineBytes], [bytesOf(large), bytesOf(small)]);
  const { candidate = 0, baseline = 0, texts } = over.measured?.latency ?? {};
  assert.ok(candidate > 0 && baseline > 0 && texts === 32);

  await under({ sizeRatio: 1000 });
  const sized = await evidenceOf();
  assert.equal([sized.said, sized.measured?.latency], [['pass'], undefined], 'nobody asked how long it takes');

  await under({ latencyRatio: 3 });
  const timed =
    (ms: number): Score =>
    async (task) => {
      const outcome = await scoreHere(task);
      if (outcome.kind !== 'scored' || !task.latency) return outcome;
      const took = { candidate: ms, baseline: 2, texts: 32, repetitions: 9 };
      return { ...outcome, measured: { ...outcome.measured, latency: took } };
    };
  assert.equal((await evidenceOf(timed(6))).said, ['pass']);
  assert.equal((await evidenceOf(timed(6.1))).said, ['fail', 'latency-over-budget']);
  const silent: Score = (task) => scoreHere({ ...task, latency: false });
  const unmeasured = await test.gate(await test.propose(large, { version: 2 }), { score: silent });
  assert.equal([...summary(unmeasured.judgement), unmeasured.verdict], ['error', 'latency-not-measured', null]);

  await under(undefined);
  const free = await evidenceOf();
  assert.equal([free.said, free.baselineBytes, free.measured?.latency], [['pass'], undefined, undefined]);
});

promotions('nothing is left behind', async ({ test }) => {
  await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  await test.gate(await test.propose(candidateOf(9, { onnx: Buffer.from('x') }), { version: 1 }));
  assert.equal(
    readdirSync(test.folder).filter((name) => name.startsWith('pawl-gate-')),
    [],
  );
});

const closed = suite<Context>('the gate fails closed');
closed.before.each(async (context) => {
  context.test = await TestRegistry.create();
});
const good = (test: TestRegistry) => test.propose(candidateOf(9), { version: 1 });

closed('without a policy, or with a broken one', async ({ test }) => {
  const head = await good(test);
  await test.pushToMain({ 'gate.json': '{}\n' });
  assert.equal(await judged(test, head), ['error', 'base-malformed-file']);
  await test.pushToMain({ 'gate.json': null });
  assert.equal(await judged(test, head), ['error', 'base-file-missing']);
});

closed('without the evaluation rows', async ({ test }) => {
  const head = await good(test);
  for await (const { digest } of test.artifacts.list()) await test.artifacts.remove(digest);
  assert.equal(await judged(test, head), ['error', 'base-artifact-missing']);
});

closed('with rows that are not what the evaluation set counts', async ({ test }) => {
  const head = await good(test);
  const main = await test.at();
  const set = (await main.evaluationSet('reviews')).value;
  await test.pushToMain({ 'evaluation/reviews.json': { ...set, rows: 81 } });
  assert.equal(await judged(test, head), ['error', 'evaluation-differs']);
  await test.pushToMain({ 'evaluation/reviews.json': { ...set, perLabel: { neg: 41, pos: 39 } } });
  assert.equal(await judged(test, head), ['error', 'evaluation-differs']);
});

closed('with rows of a label that the evaluation set does not know', async ({ test }) => {
  const head = await good(test);
  const rows = test.rows.map((row, i) => (i === 0 ? { ...row, label: 'mixed' } : row));
  await test.artifacts.put(printRows(rows));
  await test.pushToMain({ 'evaluation/reviews.json': evaluationSet(rows) });
  assert.equal(await judged(test, head), ['error', 'evaluation-differs']);
});

closed('without a key that anyone would believe', async ({ test }) => {
  const head = await good(test);
  const key = newSigningKey();
  assert.equal(await judged(test, head, { key }), ['error', 'key-not-trusted']);
  await test.changePolicy((policy) => {
    policy.keys.push(publicKeyOf(key, { role: 'log', from: '2026-01-01T00:00:00.000Z', until: null }));
  });
  assert.equal(await judged(test, head, { key }), ['error', 'key-not-trusted']);
  const late = new Date('2025-12-31T00:00:00Z');
  assert.equal(await judged(test, head, { now: () => late }), ['error', 'key-not-trusted']);
  const { judgement } = await test.gate(head, { now: () => late });
  assert.match(judgement.findings[0]?.message ?? '', /^your clock says 2025-12-31.*only from 2026.*set the clock/);
});

closed('when commits are missing or unrelated', async ({ test }) => {
  const head = await good(test);
  assert.equal(await judged(test, 'f'.repeat(40)), ['error', 'no-such-commit']);
  assert.equal(await judged(test, head, { base: 'f'.repeat(40) }), ['error', 'no-such-commit']);
  assert.equal(await judged(test, await test.git.writeBlob('no commit')), ['error', 'no-such-commit']);
  assert.equal(await judged(test, await test.commit(null, { a: 'b' })), ['fail', 'history']);
});

closed('when git, the scorer or the store break', async ({ test }) => {
  const head = await good(test);
  assert.is((await judged(test, head, { git: new Git('/nowhere') }))[0], 'error');
  const boom = new TypeError('boom');
  const { judgement } = await test.gate(head, { score: () => Promise.reject(boom) });
  assert.equal(summary(judgement), ['error', 'gate-fault']);
  assert.is(judgement.fault, boom);
  const broken = Object.assign(Object.create(test.artifacts), { get: () => Promise.reject(new Error('disk on fire')) });
  assert.equal(await judged(test, head, { artifacts: broken }), ['error', 'gate-fault']);
  assert.equal(await judged(test, head, { scratch: '/nowhere' }), ['error', 'gate-unfit']);
});

closed('when the version in production cannot be scored any more', async ({ test }) => {
  await test.promote(candidateOf(9), 1);
  const head = await test.propose(candidateOf(10), { version: 2 });
  const score: Parameters<TestRegistry['gate']>[1] = {
    score: async () => ({
      kind: 'refused',
      which: 'baseline',
      findings: [{ kind: 'failed', code: 'operator', message: 'x' }],
      versions: { onnxruntime: '', node: '' },
    }),
  };
  assert.equal(await judged(test, head, score), ['error', 'baseline-refused', 'operator']);
});

closed('when the evaluation set’s labels are no longer those of production', async ({ test }) => {
  await test.promote(candidateOf(9), 1);
  await test.pushToMain({ 'evaluation/reviews.json': { ...evaluationSet(test.rows), labels: ['pos', 'neg'] } });
  const head = await test.propose(candidateOf(9, { over: { labels: ['pos', 'neg'] } }), { version: 2 });
  assert.equal(await judged(test, head), ['error', 'baseline-not-comparable']);
});

const rollbacks = suite<Context>('judging rollbacks');
rollbacks.before.each(async (context) => {
  context.test = await TestRegistry.create((policy) => {
    policy.rollback.last = 2;
  });
});
const reason = 'complaints about short texts';

rollbacks('production goes back to where it was, whatever the F1', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  const second = await test.promote(candidateOf(10), 2);
  const { judgement, verdict } = await test.gate(await test.proposeRollback(first.ref), { reason });
  assert.equal([judgement.result, judgement.class], ['pass', 'rollback']);
  assert.equal(judgement.bound?.baseline, second.ref);
  assert.is(judgement.measured?.candidateF1, f1OfSkill(9));
  assert.is(judgement.measured?.requiredF1, 0);
  assert.is(verdict && openVerdict(verdict, test.policy.keys, TIME).verdict.reason, reason);
  assert.is(asEvent(judgement).class, 'rollback');
});

rollbacks('and forward again', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  const second = await test.promote(candidateOf(10), 2);
  await test.rollBack(first.ref);
  await test.rollBack(second.ref);
  assert.is((await (await test.at()).production(MODEL))?.value.version, 2);
});

rollbacks('attack 20: not without a reason', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  await test.promote(candidateOf(10), 2);
  const head = await test.proposeRollback(first.ref);
  assert.equal(await judged(test, head), ['fail', 'no-reason']);
  assert.equal(await judged(test, head, { reason: '  ' }), ['fail', 'no-reason']);
  assert.equal(await judged(test, head, { reason: 'x'.repeat(3000) }), ['error', 'gate-fault'], 'nor with a novel');
});

rollbacks('attack 20: not to where production never was, is now, or was too long ago', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  const made = await test.propose(candidateOf(10), { version: 5 });
  const never = (await (await test.at(made)).production(MODEL))?.value;
  assert.equal(await judged(test, await test.proposeRollback(first.ref), { reason }), [
    'fail',
    'already-in-production',
  ]);
  assert.equal(await judged(test, await test.proposeRollback(never as typeof first.ref), { reason }), [
    'fail',
    'no-such-version',
  ]);
  const altered = { version: 1, manifest: `sha256:${'0'.repeat(64)}` };
  await test.promote(candidateOf(10), 2);
  assert.equal(await judged(test, await test.proposeRollback(altered), { reason }), ['fail', 'manifest-differs']);
  await test.promote(candidateOf(10, { trainingRows: rowsFor('x') }), 3);
  assert.equal(await judged(test, await test.proposeRollback(first.ref), { reason }), ['pass']);
  await test.promote(candidateOf(10, { trainingRows: rowsFor('y') }), 4);
  assert.equal(await judged(test, await test.proposeRollback(first.ref), { reason }), ['fail', 'never-in-production']);
});

rollbacks('a pointer that a person has broken and put back is passed over: it is no version', async ({ test }) => {
  await test.changePolicy((policy) => {
    policy.rollback.last = 5;
  });
  const first = await test.promote(candidateOf(9), 1);
  await test.promote(candidateOf(10), 2);
  const good = (await (await test.at()).production(MODEL))?.value;
  await test.pushToMain({ [productionPath(MODEL)]: 'garbage' });
  await test.pushToMain({ [productionPath(MODEL)]: good });
  assert.equal(await judged(test, await test.proposeRollback(first.ref), { reason }), ['pass']);
});

rollbacks('attack 20: not to a revoked version, nor to one that was pushed past the gate', async ({ test }) => {
  const first = await test.promote(candidateOf(9), 1);
  await test.promote(candidateOf(10), 2);
  await test.changePolicy((policy) => {
    policy.revoked = [first.ref.manifest];
  });
  assert.equal(await judged(test, await test.proposeRollback(first.ref), { reason }), ['fail', 'revoked']);
  const pushed = candidateOf(5);
  const files = await test.filesFor(pushed, { version: 3 });
  await test.pushToMain(files);
  const evil = (await (await test.at()).production(MODEL))?.value;
  await test.changePolicy((policy) => {
    policy.revoked = [];
  });
  await test.rollBack(first.ref);
  const head = await test.proposeRollback({ version: 3, manifest: evil?.manifest as string });
  assert.equal(await judged(test, head, { reason }), ['fail', 'target-unverified']);
});

promotions.run();
closed.run();
rollbacks.run();
