import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printRows, rowKey } from '../../registry-repo/rows.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import { inShort } from '../support/crafted.ts';
import { f1OfSkill, rowsFor } from '../support/models.ts';
import { type Candidate, candidateOf, evaluationSet, TestRegistry, TIME, withFile } from '../support/registry.ts';

const attacks = suite<{ test: TestRegistry }>('attacks on the evidence');
attacks.before.each(async (context) => {
  context.test = await TestRegistry.create();
});

const judged = async (test: TestRegistry, candidate: Candidate, extra = {}) =>
  (await test.gate(await test.propose(candidate, { version: 1, extra }))).judgement;

attacks('attack 01: a forged F1 in the manifest', async ({ test }) => {
  const perfect = {
    confusion: [
      [40, 0],
      [0, 40],
    ],
    f1: 0.99,
  };
  const judgement = await judged(test, candidateOf(5, { over: { claimed: perfect } }));
  assert.equal(inShort(judgement), ['fail', 'f1-below-minimum', 'claim-differs']);
  assert.is(judgement.measured?.candidateF1, f1OfSkill(5), 'what counts is what was measured');
  assert.equal(judgement.claimed?.confusion, perfect.confusion, 'the claim is shown beside it');
});

attacks('attack 02: the policy is changed along with the model', async ({ test }) => {
  const policy = structuredClone(test.policy);
  for (const rules of Object.values(policy.models)) rules.minimum = 0;
  const judgement = await judged(test, candidateOf(1), { 'gate.json': policy });
  assert.equal(inShort(judgement), ['fail', 'policy-changed']);
  const alone = await test.commit(await test.main(), { 'gate.json': policy });
  assert.equal(inShort((await test.gate(alone)).judgement), ['fail', 'config-change'], 'nor is it merged alone');
});

attacks('attack 05: the evaluation set is replaced or relabelled', async ({ test }) => {
  const flipped = test.rows.map((row) => ({ ...row, label: row.label === 'pos' ? 'neg' : 'pos' }));
  const good = await test.propose(candidateOf(9), { version: 1 });
  const inRequest = await judged(test, candidateOf(1), { 'evaluation/reviews.json': evaluationSet(flipped) });
  assert.equal(inShort(inRequest), ['fail', 'evaluation-changed']);

  const { verdict } = await test.gate(good);
  const digest = evaluationSet(test.rows).digest.slice('sha256:'.length);
  const stored = join(test.folder, 'artifacts/sha256', digest.slice(0, 2), digest.slice(2));
  chmodSync(stored, 0o644);
  writeFileSync(stored, printRows(flipped));
  assert.equal(inShort((await test.gate(good)).judgement), ['error', 'artifact-corrupt'], 'flipped in the store');

  await test.artifacts.put(printRows(flipped));
  await test.pushToMain({ 'evaluation/reviews.json': evaluationSet(flipped) }, 'flipped on main');
  const bound = openVerdict(verdict as Buffer, test.policy.keys, TIME).verdict;
  assert.equal(
    (await misfits(bound, await test.at())).map((f) => f.code),
    ['evaluation-moved'],
    'and an earlier verdict is void',
  );
});

attacks('attack 06: the candidate was trained on evaluation rows', async ({ test }) => {
  const leaky = [...rowsFor('training'), ...test.rows.slice(0, 37)];
  const judgement = await judged(test, candidateOf(10, { trainingRows: leaky }));
  assert.equal(inShort(judgement), ['fail', 'leaked-rows']);
  assert.match(judgement.reasons[0]?.message ?? '', '37 evaluation rows');

  const disguised = test.rows
    .slice(0, 3)
    .map((row) => ({ text: `  ${row.text.toUpperCase().replaceAll(' ', ' \t')}`, label: 'neg' }));
  assert.equal(inShort(await judged(test, candidateOf(10, { trainingRows: disguised }))), ['fail', 'leaked-rows']);

  const silent = candidateOf(10);
  const withoutRows = { ...silent.manifest, files: silent.manifest.files.filter((f) => f.path === 'model.onnx') };
  const files = new Map([...silent.files].filter(([name]) => name === 'model.onnx'));
  assert.equal(inShort(await judged(test, { manifest: withoutRows, files })), ['fail', 'training-rows-unknown']);
});

attacks('attack 06: the candidate lies about its training rows', async ({ test }) => {
  const { data } = candidateOf(10).manifest;
  const trainedOn = (rows: number) => ({ over: { data: { ...data, train: { ...data.train, rows } } } });
  assert.equal(inShort(await judged(test, candidateOf(10, { trainingRows: [], ...trainedOn(1000) }))), [
    'fail',
    'training-rows-differ',
  ]);
  assert.equal(inShort(await judged(test, candidateOf(10, trainedOn(3)))), ['fail', 'training-rows-differ']);
  const keys = [...rowsFor('training')]
    .map((row) => rowKey(row.text).toString('hex'))
    .sort()
    .reverse();
  for (const bytes of [Buffer.from(keys.join(''), 'hex'), Buffer.alloc(13), Buffer.alloc(16)])
    assert.equal(inShort(await judged(test, withFile(candidateOf(10), 'training-rows.bin', bytes))), [
      'fail',
      'malformed-rows',
    ]);
});

attacks('attack 65: what the gate tells of the evaluation rows is counts, never a row', async ({ test }) => {
  const { judgement, verdict } = await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  const told = JSON.stringify(judgement);
  const payload = Buffer.from(JSON.parse((verdict as Buffer).toString()).payload, 'base64').toString();
  assert.is(judgement.measured?.slices?.length, 3);
  for (const { text } of test.rows)
    for (const secret of [text, rowKey(text).toString('hex'), rowKey(text).toString('base64')])
      assert.not.ok((told + payload).includes(secret), secret);
  // As many numbers as for a set ten times the size: nothing is told row by row.
  const numbers = (judgement.measured?.slices ?? []).flatMap((s) => [
    ...denseCounts(s.candidate).flat(),
    s.rows,
    s.upTo,
  ]);
  assert.is(numbers.length, 3 * (4 + 2));
});

attacks.run();
