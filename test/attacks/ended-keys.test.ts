import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { audit } from '../../pipeline/audit/audit.ts';
import { findJudged } from '../../pipeline/promotion/pass.ts';
import { attachVerdict } from '../../registry-repo/verdict/attached.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import { newSigningKey, publicKeyOf } from '../../registry-repo/verdict/keys.ts';
import { openVerdict, signVerdict, VerdictInvalidError } from '../../registry-repo/verdict/signed.ts';
import { mainHistory } from '../../registry-repo/verify/history.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { inShort } from '../support/crafted.ts';
import { logPublic, World } from '../support/promotions.ts';
import { candidateOf, MODEL, TestRegistry, TIME } from '../support/registry.ts';
import { rejects } from '../support/rejects.ts';

const FROM = '2026-01-01T00:00:00.000Z';
/** Just after every moment at which these tests judge: whoever claims one of those claims to be in time. */
const END = new Date(TIME.getTime() + 60_000).toISOString();
const LATER = new Date(TIME.getTime() + 120_000);

/** How main ends the gate's key: with an end, or by naming it no more. Another one is there from now on. */
const ENDINGS = ['an end', 'an end long ago', 'removal'] as const;

async function endKey(test: TestRegistry, how: (typeof ENDINGS)[number]) {
  const next = newSigningKey();
  await test.changePolicy((policy) => {
    const until = how === 'an end' ? END : '2026-01-01T00:00:00.001Z';
    policy.keys = policy.keys.flatMap((key) => (how === 'removal' ? [] : [{ ...key, until }]));
    policy.keys.push(publicKeyOf(next, { role: 'gate', from: FROM, until: null }));
  });
  return next;
}

const production = async (test: TestRegistry, keys: Parameters<typeof verifyProduction>[0]['keys']) =>
  verifyProduction({ git: test.git, tip: await test.main(), model: MODEL, keys, now: LATER });

const attacks = suite('attacks with a key that main has ended');

for (const how of ENDINGS)
  attacks(`attack 90: a key that was ended by ${how} signs with its clock put back`, async () => {
    const test = await TestRegistry.create();
    const pins = test.policy.keys;
    const { ref } = await test.promote(candidateOf(8), 1);
    const next = await endKey(test, how);
    const rules = test.policy.keys;
    const both = [...pins, ...rules.filter((key) => key.id === next.id)];
    assert.is((await production(test, both)).production.version, 1, 'what it signed before stays good');

    const head = await test.propose(candidateOf(9), { version: 2 });
    assert.equal(inShort((await test.gate(head)).judgement), ['error', 'key-not-trusted']);
    const honest = (await test.gate(head, { key: next, now: () => LATER })).verdict as Buffer;
    const { verdict } = openVerdict(honest, both, LATER);
    const forged = signVerdict({ ...verdict, judgedAt: TIME.toISOString() }, test.key);
    const opened = openVerdict(forged, pins, LATER);
    assert.is(opened.verdict.judgedAt, TIME.toISOString(), 'its claim alone is in time');
    assert.equal(
      (await misfits(opened, await test.at())).map((f) => f.code),
      ['key-ended'],
      'a gate does not merge it',
    );
    await attachVerdict(test.git, head, forged);
    assert.is(await findJudged(test.git, head, { keys: pins, now: LATER }), null, 'nor takes it for its own');

    const before = await test.main();
    test.policy = { ...test.policy, keys: pins };
    await test.merge(forged);
    const refused = await rejects(production(test, both), VerdictInvalidError);
    assert.is(refused.reason, 'key-ended', 'no server follows');
    const kinds: string[] = [];
    for await (const commit of mainHistory({ git: test.git, tip: await test.main(), keys: both, now: LATER }))
      kinds.push(commit.kind);
    assert.equal(kinds, ['init', 'promotion', 'config', 'unexplained'], 'an audit names it');
    const third = await test.propose(candidateOf(10), { version: 3 });
    assert.equal(inShort((await test.gate(third, { key: next, now: () => LATER })).judgement), [
      'error',
      'baseline-unverified',
    ]);

    await test.git.updateRefs([{ ref: 'refs/heads/main', to: before, from: await test.main() }]);
    test.policy = { ...test.policy, keys: both };
    await test.merge(honest);
    assert.is((await production(test, both)).production.version, 2, 'the new key’s counts');
    const back = await test.gate(await test.proposeRollback(ref), {
      key: next,
      reason: 'complaints',
      now: () => LATER,
    });
    assert.is(back.judgement.result, 'pass', 'and a rollback may go to what the old one allowed');
  });

attacks('attack 90: a signature beside that of an ended key counts', async () => {
  const test = await TestRegistry.create();
  const pins = test.policy.keys;
  const next = await endKey(test, 'removal');
  const rules = test.policy.keys;
  const head = await test.propose(candidateOf(9), { version: 1 });
  const bytes = (await test.gate(head, { key: next })).verdict as Buffer;
  const { verdict } = openVerdict(bytes, rules, TIME);
  const [mine, theirs] = [bytes, signVerdict(verdict, test.key)].map((b) => JSON.parse(b.toString('utf8')));
  const text = JSON.stringify({ ...mine, signatures: [...theirs.signatures, ...mine.signatures] }, null, 2);
  const opened = openVerdict(Buffer.from(`${text}\n`), [...pins, ...rules], TIME);
  assert.is(opened.keys.length, 2);
  assert.equal(await misfits(opened, await test.at()), []);
});

attacks('attack 90: an ended log key signs a checkpoint', async () => {
  const world = await World.create((policy) => {
    policy.keys.push(logPublic);
  });
  await world.promote(8);
  const audited = async () => {
    const tip = await world.registry.main();
    const report = await audit(
      {
        store: world.store,
        views: null,
        artifacts: world.registry.artifacts,
        registry: { git: world.registry.git, tip },
        trusted: [...world.registry.policy.keys.map((key) => ({ ...key, until: null })), world.logKey],
        now: TIME,
        artifactsApart: false,
        progress: () => {},
      },
      [],
    );
    return report.findings.filter((f) => f.check === 'checkpoints' && f.severity === 'error').map((f) => f.code);
  };
  assert.equal(await audited(), []);
  await world.registry.changePolicy((policy) => {
    policy.keys = policy.keys.map((key) => (key.role === 'log' ? { ...key, until: END } : key));
  });
  assert.equal(await audited(), [], 'what it signed before stays good');
  await world.promote(9);
  assert.equal(await audited(), ['checkpoint-key-ended']);
});

attacks.run();
