import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VersionRef } from '../../events/values.ts';
import { type FollowActions, Follower, type FollowOptions } from '../../server/follow.ts';
import { FakeRegistry } from '../support/fake-registry.ts';
import { MemorySettled } from '../support/settled.ts';
import { until } from '../support/until.ts';

const coded = (code: string, message = 'something is wrong') => Object.assign(new Error(message), { code });

/** A follower of a fake registry that writes down what it is told; time passes only by `wait`. */
function fixture(over: Partial<FollowOptions> = {}) {
  const registry = new FakeRegistry();
  const told: string[] = [];
  const failures: { activate?: Error } = {};
  let live: VersionRef | null = null;
  let now = Date.UTC(2026, 0, 1);
  const actions: FollowActions = {
    live: () => live,
    activate: async ({ version, manifestDigest }) => {
      if (failures.activate) throw failures.activate;
      live = { version, manifest: manifestDigest };
      told.push(`activate ${version}`);
    },
    withdraw: (tip) => {
      live = null;
      told.push(`withdraw at ${Number.parseInt(tip, 16)}`);
    },
    confirm: ({ version }, tip) => told.push(`confirm ${version} at ${Number.parseInt(tip, 16)}`),
    refused: (refused, tip, { code }) =>
      told.push(`refuse ${refused?.version ?? '?'} at ${Number.parseInt(tip, 16)}: ${code}`),
    unreachable: ({ code }) => told.push(`unreachable: ${code}`),
  };
  const settled = new MemorySettled();
  const options = {
    model: 'sentiment',
    registry,
    settled,
    actions,
    pollMs: 3_600_000,
    clock: () => new Date(now),
    random: () => 0.5,
    ...over,
  };
  const follower = new Follower(options);
  const wait = (ms: number) => {
    now += ms;
  };
  return { registry, told, failures, follower, settled, wait, live: () => live };
}
type Fixture = ReturnType<typeof fixture>;

async function following(test: (f: Fixture) => Promise<void>, over?: Partial<FollowOptions>): Promise<void> {
  const f = fixture(over);
  f.follower.start();
  try {
    await f.follower.poke(); // finds nothing in production yet
    await test(f);
  } finally {
    await f.follower.stop();
  }
}

const follow = suite('follower');

follow('waits for the first promotion, activates it, and then does nothing for an unchanged tip', () =>
  following(async ({ registry, told, follower }) => {
    await follower.poke();
    assert.equal(told, []);
    assert.is(follower.state.settled, registry.tip);
    registry.promote(1);
    await follower.poke();
    const { verify } = registry.calls;
    await follower.poke();
    await follower.poke();
    assert.equal(told, ['activate 1']);
    assert.is(registry.calls.verify, verify);
    assert.is(follower.state.lags, false);
  }),
);

follow('proves every new tip, but activates only what is not served already', () =>
  following(async ({ registry, told, follower }) => {
    registry.promote(1);
    await follower.poke();
    registry.touch();
    await follower.poke();
    registry.failures.verify = coded('registry_drifted');
    registry.touch();
    await follower.poke();
    assert.equal(told, ['activate 1', 'confirm 1 at 3', 'refuse ? at 4: registry_drifted']);
  }),
);

follow('only the last of several changes counts', () =>
  following(async ({ registry, told, follower }) => {
    registry.promote(1);
    await follower.poke();
    registry.promote(2);
    registry.promote(3);
    await follower.poke();
    registry.promote(1);
    await follower.poke();
    assert.equal(told, ['activate 1', 'activate 3', 'activate 1']);
  }),
);

follow('tells of a refusal once for each commit and cause, says what is wrong, and recovers', () =>
  following(async ({ registry, told, failures, follower }) => {
    registry.promote(1);
    await follower.poke();
    failures.activate = coded('self_test_failed', 'golden text 1 differs');
    registry.promote(2);
    for (let i = 0; i < 3; i++) await follower.poke();
    assert.equal(told, ['activate 1', 'refuse 2 at 3: self_test_failed']);
    const { desired, settled, lags, problem } = follower.state;
    assert.equal(
      { lags, code: problem?.code, detail: problem?.detail, commit: problem?.commit },
      {
        lags: true,
        code: 'self_test_failed',
        detail: 'golden text 1 differs',
        commit: registry.tip,
      },
    );
    assert.is.not(desired, settled);
    failures.activate = coded('model_unloadable');
    await follower.poke();
    delete failures.activate;
    await follower.poke();
    assert.equal(told.slice(2), ['refuse 2 at 3: model_unloadable', 'activate 2']);
    assert.equal([follower.state.lags, follower.state.problem], [false, null]);
  }),
);

follow('tries a refused commit again by itself, less and less often, and a new one at once', () =>
  following(
    async ({ registry, failures, follower, wait }) => {
      failures.activate = coded('model_unloadable');
      registry.promote(1);
      await follower.poke();
      const looks = () => registry.calls.verify;
      /** Polls a few times without time passing. */
      const polls = async () => {
        const { sync } = registry.calls;
        await until(() => registry.calls.sync > sync + 3);
      };
      for (const ms of [10, 20, 40, 80]) {
        const seen = looks();
        wait(ms - 1);
        await polls();
        assert.is(looks(), seen, `nothing before ${ms} ms`);
        wait(1);
        await polls();
        assert.is(looks(), seen + 1, `one look after ${ms} ms`);
      }
      const seen = looks();
      registry.promote(2);
      await until(() => looks() > seen);
    },
    { pollMs: 10 },
  ),
);

follow('production that vanished from main is refused, and what is served stays', () =>
  following(async ({ registry, told, follower }) => {
    registry.promote(1);
    await follower.poke();
    registry.production = null;
    registry.touch();
    await follower.poke();
    assert.equal(told, ['activate 1', 'refuse ? at 3: production_missing']);
  }),
);

follow('a main that goes back to what is served needs no proof and is no problem', () =>
  following(async ({ registry, told, follower }) => {
    registry.promote(1);
    await follower.poke();
    registry.failures.verify = coded('verdict_invalid');
    registry.promote(2);
    await follower.poke();
    assert.is(follower.state.lags, true);
    registry.commit -= 1;
    await follower.poke();
    assert.equal([follower.state.lags, follower.state.problem], [false, null]);
    assert.equal(told, ['activate 1', 'refuse ? at 3: verdict_invalid']);
  }),
);

follow('a version that is revoked while it is served ends, whatever main has in production then', () =>
  following(async ({ registry, told, failures, follower, live }) => {
    registry.promote(1);
    await follower.poke();
    registry.revocations.push(live()?.manifest as string);
    failures.activate = coded('self_test_failed');
    registry.promote(2);
    await follower.poke();
    delete failures.activate;
    registry.promote(3);
    await follower.poke();
    assert.equal(told, ['activate 1', 'withdraw at 3', 'refuse 2 at 3: self_test_failed', 'activate 3']);
  }),
);

follow('a registry that cannot be read is told of once, and nothing else happens until it can be', () =>
  following(async ({ registry, told, follower }) => {
    registry.promote(1);
    await follower.poke();
    registry.failures.sync = coded('git_failed', 'no route to host');
    registry.promote(2);
    for (let i = 0; i < 3; i++) await follower.poke();
    assert.equal(told, ['activate 1', 'unreachable: git_failed']);
    assert.is(follower.state.problem?.code, 'git_failed');
    assert.is(follower.state.problem?.commit, null);
    delete registry.failures.sync;
    await follower.poke();
    registry.failures.sync = coded('git_failed');
    await follower.poke();
    assert.equal(told.slice(2), ['activate 2', 'unreachable: git_failed']);
  }),
);

follow('an error that is no error of ours is a refusal too', () =>
  following(async ({ registry, told, follower }) => {
    registry.failures.verify = new TypeError('a bug');
    registry.promote(1);
    await follower.poke();
    assert.equal(told, ['refuse ? at 2: internal']);
  }),
);

follow('polls without being poked, somewhat irregularly', async () => {
  const waits: number[] = [];
  const random = () => {
    waits.push(1);
    return 0.999;
  };
  await following(
    async ({ registry }) => {
      await until(() => registry.calls.sync > 4);
      assert.ok(waits.length >= 4);
    },
    { pollMs: 5, random },
  );
});

follow('stops after the step it is in, answers every poke, and then looks no more', async () => {
  const { registry, follower } = fixture({ pollMs: 5 });
  follower.start();
  follower.start();
  const pokes = [follower.poke(), follower.poke()];
  await Promise.all([follower.stop(), follower.stop(), ...pokes]);
  const { sync } = registry.calls;
  await follower.poke();
  assert.is(registry.calls.sync, sync);
});

follow.run();
