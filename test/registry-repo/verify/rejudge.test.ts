import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openVerdict, signVerdict } from '../../../registry-repo/verdict/signed.ts';
import type { Verdict } from '../../../registry-repo/verdict/verdict.ts';
import { rejudge } from '../../../registry-repo/verify/rejudge.ts';
import { candidateOf, TestRegistry, TIME } from '../../support/registry.ts';

const judging = suite<{ test: TestRegistry; verdict: Verdict }>('judging again');
judging.before(async (context) => {
  const test = await TestRegistry.create();
  await test.promote(candidateOf(8), 1);
  const { verdict } = await test.promote(candidateOf(9), 2);
  Object.assign(context, { test, verdict: openVerdict(verdict, test.policy.keys, TIME).verdict });
});
const codes = async (test: TestRegistry, verdict: Verdict) =>
  (await rejudge(test.git, { verdict, keys: test.policy.keys })).map((f) => f.code);

judging('confirms passes, fails and rollbacks, from what the verdict keeps', async ({ test, verdict }) => {
  assert.equal(await codes(test, verdict), []);
  const failing = await test.gate(await test.propose(candidateOf(7), { version: 3 }));
  assert.equal(await codes(test, openVerdict(failing.verdict as Buffer, test.policy.keys, TIME).verdict), []);
  const first = { version: 1, manifest: verdict.bound.baseline?.manifest as string };
  const back = await test.gate(await test.proposeRollback(first), { reason: 'complaints' });
  assert.equal(await codes(test, openVerdict(back.verdict as Buffer, test.policy.keys, TIME).verdict), []);
});

judging('a verdict from before there were slices is judged the same', async ({ test, verdict }) => {
  const { slices, ...measured } = verdict.evidence.measured as NonNullable<Verdict['evidence']['measured']>;
  assert.is(slices?.length, 3);
  const before = { ...verdict, evidence: { ...verdict.evidence, measured } };
  assert.equal(await codes(test, before), []);
  const signed = signVerdict(before, test.key);
  assert.not.match(Buffer.from(JSON.parse(signed.toString()).payload, 'base64').toString(), 'slices');
  assert.equal(openVerdict(signed, test.policy.keys, TIME).verdict, before);
});

judging('finds a verdict that does not follow from its evidence', async ({ test, verdict }) => {
  const { evidence, bound } = verdict;
  const measured = evidence.measured as NonNullable<typeof evidence.measured>;
  const worse = [
    [40, 0],
    [36, 4],
  ];
  const worseEvidence = {
    ...evidence,
    measured: { ...measured, candidate: worse, onlyCandidateRight: 0, onlyBaselineRight: 28 },
  };
  assert.equal(await codes(test, { ...verdict, evidence: worseEvidence }), ['judgement-differs']);
  assert.equal(await codes(test, { ...verdict, result: 'fail' }), ['judgement-differs']);
  const alone = { ...measured, slices: undefined, baseline: null, onlyCandidateRight: null, onlyBaselineRight: null };
  assert.equal(await codes(test, { ...verdict, evidence: { ...evidence, measured: alone } }), ['evidence-differs']);
  const others = { ...evidence.evaluation, rows: bound.policy };
  assert.equal(await codes(test, { ...verdict, evidence: { ...evidence, evaluation: others } }), ['evidence-differs']);
  assert.equal(await codes(test, { ...verdict, bound: { ...bound, policy: bound.candidate.manifest } }), [
    'policy-differs',
  ]);
  const set = { ...bound.evaluation, digest: bound.policy };
  assert.equal(await codes(test, { ...verdict, bound: { ...bound, evaluation: set } }), ['evaluation-differs']);
});

judging.run();
