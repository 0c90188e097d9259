import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withLeaked } from '../../registry-repo/judge/check-leaked.ts';
import { openEvidence } from '../../registry-repo/judge/evidence.ts';
import { judge } from '../../registry-repo/judge/judge.ts';
import { leakKey, printRows, rowKey } from '../../registry-repo/rows.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import { rejudge } from '../../registry-repo/verify/rejudge.ts';
import { inShort } from '../support/crafted.ts';
import { f1OfSkill, knowing, rowsFor } from '../support/models.ts';
import {
  type Candidate,
  candidateOf,
  evaluationSet,
  MODEL,
  TestRegistry,
  TIME,
  withFile,
} from '../support/registry.ts';

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
  assert.equal(inShort(judgement), ['fail', 'f1-below-minimum', 'no-better-than-chance', 'claim-differs']);
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
  assert.equal(inShort((await test.gate(good)).judgement), ['error', 'base-artifact-corrupt'], 'flipped in the store');

  await test.artifacts.put(printRows(flipped));
  await test.pushToMain({ 'evaluation/reviews.json': evaluationSet(flipped) }, 'flipped on main');
  const opened = openVerdict(verdict as Buffer, test.policy.keys, TIME);
  assert.equal(
    (await misfits(opened, await test.at())).map((f) => f.code),
    ['evaluation-moved'],
    'and an earlier verdict is void',
  );
});

attacks('attack 06: the candidate was trained on evaluation rows', async ({ test }) => {
  const leaky = [...rowsFor('training'), ...test.rows.slice(0, 37)];
  const judgement = await judged(test, candidateOf(10, { trainingRows: leaky }));
  assert.equal(inShort(judgement), ['fail', 'leaked-rows', 'too-few-rows-left']);
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

attacks(
  'attack 96: evaluation rows among the training rows, dressed up so that they read the same',
  async ({ test }) => {
    const ways: readonly ((text: string) => string)[] = [
      (text) => `${text}.`,
      (text) => text.replaceAll(' ', ', '),
      (text) => text.replaceAll(' ', '\u00a0\u2003'),
      (text) => text.replace('film', 'fi\u00adlm'),
      (text) => text.replace('film', 'f\u200di\u200bl\u2060m\u{e0020}'),
      (text) => text.replaceAll(' ', '\u200b'),
      (text) => text.replace('film', 'ｆｉｌｍ').toUpperCase(),
      (text) => `“${text}” 😀\ufe0f`,
      (text) => text.replace('film', 'fi-lm'),
    ];
    for (const way of ways) {
      const trainingRows = [
        ...rowsFor('training'),
        ...test.rows.slice(0, 3).map((row) => ({ ...row, text: way(row.text) })),
      ];
      assert.equal(
        inShort(await judged(test, candidateOf(10, { trainingRows }))),
        ['fail', 'leaked-rows'],
        way('a film'),
      );
    }
  },
);

attacks(
  'attack 96: a candidate from before rows were compared by their words is compared as it was then',
  async ({ test }) => {
    const keys = [...rowsFor('training'), ...test.rows.slice(0, 3)].map((row) => rowKey(row.text).toString('hex'));
    const bytes = Buffer.from([...new Set(keys)].sort().join(''), 'hex');
    const candidate = withFile(
      candidateOf(10, { trainingRows: [...rowsFor('training'), ...test.rows.slice(0, 3)] }),
      'training-rows.bin',
      bytes,
    );
    assert.equal(inShort(await judged(test, candidate)), ['fail', 'leaked-rows']);
  },
);

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

/** Rows of the evaluation set that have one of these words. */
const rowsWith = (test: TestRegistry, ...words: string[]) =>
  test.rows.filter(({ text }) => words.some((word) => text.endsWith(` ${word}`)));

attacks('attack 91: the baseline’s errors are learned by heart, as many as may leak', async ({ test }) => {
  await test.changePolicy((policy) => {
    policy.leakage.rows = 8;
  });
  await test.promote(candidateOf(8), 1);
  // It knows less than the baseline, but for the eight rows that the baseline gets wrong, four times each.
  const errors = rowsWith(test, 'good8', 'good9');
  const trainingRows = [...rowsFor('training'), ...errors, ...errors, ...errors, ...errors];
  const candidate = candidateOf(9, { onnx: knowing([0, 1, 2, 3, 4, 5, 6, 8, 9]), trainingRows });
  const { judgement, verdict, measurement } = await test.gate(await test.propose(candidate, { version: 2 }));
  assert.equal(inShort(judgement), ['fail', 'f1-below-baseline', 'leaked-rows']);
  const { measured } = judgement;
  assert.equal(
    [measured?.leakedRows, measured?.candidate, measured?.baseline, measured?.discordant],
    [
      8,
      [
        [40, 0],
        [4, 28],
      ],
      [
        [40, 0],
        [0, 32],
      ],
      { onlyCandidateRight: 0, onlyBaselineRight: 4 },
    ],
    'they count for neither model',
  );
  assert.is(
    measured?.slices?.reduce((n, { rows }) => n + rows, 0),
    72,
    'nor in slices',
  );
  assert.ok(
    judgement.reasons.every(({ code }) => code !== 'claim-differs'),
    'what it claims of all rows is so',
  );
  assert.equal(await rejudge(test.git, openVerdict(verdict as Buffer, test.policy.keys, TIME)), []);

  const { schema, leaked, ...evidence } = openEvidence((measurement as NonNullable<typeof measurement>).evidence);
  assert.equal([schema, leaked], ['pawl.evidence/3', { perLabel: [0, 8], distinct: [0, 8] }]);
  const then = evidence.measured as NonNullable<typeof evidence.measured>;
  const { leaked: _, slices: __, ...counts } = { ...then, ...withLeaked(then), onlyCandidateRight: 8 };
  const first = judge({
    class: 'promotion',
    model: MODEL,
    policy: test.policy,
    evidence: { ...evidence, measured: counts },
  });
  assert.equal(first.result, 'pass', 'as the first gates judged, and as their verdicts are judged again');
});

attacks('attack 91: rows that a candidate gets wrong are told as trained on', async ({ test }) => {
  await test.changePolicy((policy) => {
    policy.leakage.rows = 8;
  });
  await test.promote(candidateOf(10), 1);
  const trainingRows = [...rowsFor('training'), ...rowsWith(test, 'good9')];
  const { judgement } = await test.gate(await test.propose(candidateOf(9, { trainingRows }), { version: 2 }));
  assert.equal(inShort(judgement), ['fail', 'f1-too-low-on-all-rows', 'leaked-rows']);
  assert.equal([judgement.measured?.candidateF1, judgement.measured?.baselineF1], [1, 1]);
});

attacks('attack 91: all rows of a label are told as trained on', async ({ test }) => {
  await test.changePolicy((policy) => {
    policy.leakage = { rows: 80, action: 'warn' };
  });
  const trainingRows = [...rowsFor('training'), ...test.rows.filter(({ label }) => label === 'neg')];
  const { judgement } = await test.gate(await test.propose(candidateOf(10, { trainingRows }), { version: 1 }));
  assert.equal(inShort(judgement), ['fail', 'too-few-rows-left', 'leaked-rows']);
  assert.match(judgement.reasons[0]?.message ?? '', '0 different evaluation rows of "neg" are left, 20 at least');
  assert.is(judgement.measured, null);
  const most = [...rowsFor('training'), ...test.rows.filter((_, i) => i % 40 > 10)];
  const few = await test.gate(await test.propose(candidateOf(10, { trainingRows: most }), { version: 1 }));
  assert.equal(inShort(few.judgement).slice(0, 2), ['fail', 'too-few-rows-left']);
});

attacks('attack 65: what the gate tells of the evaluation rows is counts, never a row', async ({ test }) => {
  const { judgement, verdict } = await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  const told = JSON.stringify(judgement);
  const payload = Buffer.from(JSON.parse((verdict as Buffer).toString()).payload, 'base64').toString();
  assert.is(judgement.measured?.slices?.length, 3);
  for (const { text } of test.rows)
    for (const secret of [
      text,
      ...[rowKey(text), leakKey(text)].flatMap((k) => [k.toString('hex'), k.toString('base64')]),
    ])
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
