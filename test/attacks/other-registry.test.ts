import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { audit } from '../../pipeline/audit/audit.ts';
import { findJudged } from '../../pipeline/promotion/pass.ts';
import { runGit } from '../../registry-repo/git-process.ts';
import type { RegistryIdentity } from '../../registry-repo/identity.ts';
import type { Key, Policy } from '../../registry-repo/policy.ts';
import { attachVerdict } from '../../registry-repo/verdict/attached.ts';
import { misfits } from '../../registry-repo/verdict/fits.ts';
import { publicKeyOf, type SigningKey } from '../../registry-repo/verdict/keys.ts';
import { openVerdict, signVerdict, VerdictInvalidError } from '../../registry-repo/verdict/signed.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { inShort } from '../support/crafted.ts';
import { logPublic, World } from '../support/promotions.ts';
import { candidateOf, MODEL, modelPolicy, TestRegistry, TIME } from '../support/registry.ts';
import { rejects } from '../support/rejects.ts';

const DAY_MS = 86_400_000;
const FROM = '2026-01-01T00:00:00.000Z';
const identity = (digit: string, after: string | null = null): RegistryIdentity => ({
  id: digit.repeat(12),
  since: FROM,
  after,
});
const [PRODUCTION, DEVELOPMENT] = [identity('1'), identity('2')];

const gateKey = (key: SigningKey): Key => publicKeyOf(key, { role: 'gate', from: FROM, until: null });
const pinnedTo = (key: SigningKey, registry: RegistryIdentity): Key[] => [{ ...gateKey(key), registry }];

/** Rules under which anything passes. */
const lax = (policy: Policy) => {
  policy.models[MODEL] = modelPolicy({ minimum: 0.01 });
};

/** A registry whose model would not do elsewhere, in production there, signed with the key of another one. */
async function development(key: SigningKey, registry: RegistryIdentity | null): Promise<TestRegistry> {
  const test = await TestRegistry.create((policy) => {
    lax(policy);
    policy.keys = [gateKey(key)];
    if (registry) policy.registry = registry;
  });
  await test.promote(candidateOf(7), 1, { key });
  return test;
}

/** All of another registry's history and verdicts, main included, as a push by somebody who may. */
async function copyInto(to: TestRegistry, from: TestRegistry): Promise<void> {
  const refs = ['+refs/heads/main:refs/heads/main', '+refs/pawl/verdicts/*:refs/pawl/verdicts/*'];
  await runGit(['--git-dir', to.git.gitDir, 'fetch', '--quiet', from.git.gitDir, ...refs], ['fetch'], {
    env: { GIT_ALLOW_PROTOCOL: 'file' },
  });
  to.policy = from.policy;
}

const production = async (test: TestRegistry, keys: readonly Key[]) =>
  verifyProduction({ git: test.git, tip: await test.main(), model: MODEL, keys, now: TIME });

const refusedAs = async (promise: Promise<unknown>) => (await rejects(promise, VerdictInvalidError)).reason;

const attacks = suite('attacks with what another registry was given');

attacks('attack 80: the history of a development registry is copied into production’s', async () => {
  const test = await TestRegistry.create((policy) => {
    policy.registry = PRODUCTION;
  });
  const pins = pinnedTo(test.key, PRODUCTION);
  await test.promote(candidateOf(8), 1);
  assert.is((await production(test, pins)).production.version, 1);
  const other = await development(test.key, DEVELOPMENT);
  await copyInto(test, other);
  assert.is((await production(test, [gateKey(test.key)])).production.version, 1, 'by itself it is in order');
  assert.is(await refusedAs(production(test, pins)), 'other-registry');
  await test.changePolicy((policy) => {
    policy.registry = PRODUCTION;
  });
  assert.is(await refusedAs(production(test, pins)), 'other-registry', 'whatever the rules on top call themselves');
});

attacks('attack 80: a verdict of a development registry is used in production’s', async () => {
  const test = await TestRegistry.create((policy) => {
    policy.registry = PRODUCTION;
  });
  const pins = pinnedTo(test.key, PRODUCTION);
  const head = await test.propose(candidateOf(9), { version: 1 });
  const bytes = (await test.gate(head)).verdict as Buffer;
  const { verdict } = openVerdict(bytes, pins, TIME);
  assert.is(verdict.registry, PRODUCTION.id);
  const foreign = signVerdict({ ...verdict, registry: DEVELOPMENT.id }, test.key);
  const { registry: _, ...nameless } = verdict;
  const old = signVerdict(nameless, test.key);
  for (const wrong of [foreign, old]) {
    assert.throws(
      () => openVerdict(wrong, pins, TIME),
      (e: VerdictInvalidError) => e.reason === 'other-registry',
    );
    const opened = openVerdict(wrong, test.policy.keys, TIME);
    assert.equal(
      (await misfits(opened, await test.at())).map((f) => f.code),
      ['other-registry'],
      'a gate that only knows main does not merge it either',
    );
    await attachVerdict(test.git, head, wrong);
  }
  assert.is(await findJudged(test.git, head, { keys: pins, now: TIME }), null);
  const before = await test.main();
  for (const wrong of [foreign, old]) {
    await test.merge(wrong);
    assert.is(await refusedAs(production(test, test.policy.keys)), 'other-registry');
    await test.git.updateRefs([{ ref: 'refs/heads/main', to: before, from: await test.main() }]);
  }
  await test.merge(bytes);
  assert.is((await production(test, pins)).production.version, 1, 'its own counts');
});

attacks('attack 80: a gate is asked to judge in a registry that its key is not for', async () => {
  const test = await TestRegistry.create((policy) => {
    lax(policy);
    policy.registry = DEVELOPMENT;
  });
  const head = await test.propose(candidateOf(9), { version: 1 });
  assert.equal(inShort((await test.gate(head, { registry: PRODUCTION.id })).judgement), ['error', 'other-registry']);
  assert.is((await test.gate(head, { registry: DEVELOPMENT.id })).judgement.result, 'pass');
});

attacks('attack 80: verdicts from before the registry had an id, of its own history and of another', async () => {
  const test = await TestRegistry.create();
  await test.promote(candidateOf(8), 1);
  const after = await test.main();
  const mine = { ...identity('1', after), since: new Date(TIME.getTime() + DAY_MS).toISOString() };
  await test.changePolicy((policy) => {
    policy.registry = mine;
  });
  const pins = pinnedTo(test.key, mine);
  assert.is((await production(test, pins)).production.version, 1, 'what was given before stays good');
  const head = await test.propose(candidateOf(9), { version: 2 });
  const bytes = (await test.gate(head)).verdict as Buffer;
  const { registry: _, ...nameless } = openVerdict(bytes, pins, TIME).verdict;
  const before = await test.main();
  await test.merge(signVerdict(nameless, test.key));
  assert.is(await refusedAs(production(test, pins)), 'other-registry', 'a date that is put back does not help');
  await test.git.updateRefs([{ ref: 'refs/heads/main', to: before, from: await test.main() }]);
  await test.merge(bytes);
  assert.is((await production(test, pins)).production.version, 2);

  await copyInto(test, await development(test.key, null));
  await test.changePolicy((policy) => {
    policy.registry = mine;
  });
  assert.is(await refusedAs(production(test, pins)), 'other-registry', 'an old history of another one is another one');
});

attacks('attack 80: a checkpoint of another registry’s log stands on main', async () => {
  const world = await World.create((policy) => {
    policy.registry = PRODUCTION;
  });
  await world.promote(8);
  const audited = async (log: Key) => {
    const report = await audit(
      {
        store: world.store,
        views: null,
        artifacts: world.registry.artifacts,
        registry: { git: world.registry.git, tip: await world.registry.main() },
        trusted: [gateKey(world.registry.key), log],
        now: TIME,
        artifactsApart: false,
        progress: () => {},
      },
      [],
    );
    return report.findings.filter((f) => f.check === 'checkpoints' && f.severity === 'error').map((f) => f.code);
  };
  const pinned = { ...logPublic, registry: PRODUCTION };
  assert.equal(await audited(pinned), []);
  const path = `models/${MODEL}/versions/1/checkpoint`;
  const note = (await (await world.registry.at()).file(path, 10_000)).toString('utf8');
  assert.match(note, `\nregistry ${PRODUCTION.id}\n`);
  await world.registry.changePolicy((policy) => {
    policy.registry = DEVELOPMENT;
  });
  await world.promote(9);
  assert.equal(await audited(logPublic), []);
  assert.equal(await audited(pinned), ['checkpoint-other-registry'], 'what main calls itself does not matter');
  const manifest = await (await world.registry.at()).file(path.replace('checkpoint', 'manifest.json'), 100_000);
  const third = `models/${MODEL}/versions/3`;
  await world.registry.pushToMain({ [`${third}/manifest.json`]: manifest, [`${third}/checkpoint`]: note });
  assert.equal(await audited(logPublic), ['checkpoint-other-registry'], 'it was for another main');
});

attacks.run();
