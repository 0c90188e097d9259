import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MemoryStore } from '../../events/store.memory.ts';
import type { Digest } from '../../registry-repo/values.ts';
import { newSigningKey, publicKeyOf } from '../../registry-repo/verdict/keys.ts';
import type { RunningServer } from '../../server/main.ts';
import { recorded } from '../support/recorded.ts';
import { candidateOf, TestRegistry } from '../support/registry.ts';
import { serveRegistry, TINY_CHILD } from '../support/serve-registry.ts';
import { postJson } from '../support/server.ts';

type Served = { test: TestRegistry; server: RunningServer; store: MemoryStore };

/** A server of a real registry, whose promotions go through the real gate, with models in ONNX Runtime. */
async function withRegistry(
  run: (served: Served) => Promise<void>,
  {
    keys,
    create = () => TestRegistry.create(),
  }: { keys?: TestRegistry['policy']['keys']; create?: () => Promise<TestRegistry> } = {},
): Promise<void> {
  const test = await create();
  await serveRegistry(test, (server, store) => run({ test, server, store }), {
    ...(keys && { keys }),
    worker: TINY_CHILD,
  });
}

/** A text that only models of more than `skill` take for positive. */
const word = (skill: number) => `a good${skill} film`;
async function classify({ server }: Served, text: string) {
  const response = await postJson(`${server.url}/predict`, { text });
  return ((await response.json()) as { label?: string }).label ?? response.status;
}
const version = ({ server }: Served) => server.state().model?.version;
const problem = ({ server }: Served) => server.state().follow.problem?.code;

const registry = suite('git registry');

registry('serves what the gate let through, knows its evidence, and follows promotions and rollbacks', () =>
  withRegistry(async (served) => {
    const { test, server, store } = served;
    await server.poke();
    assert.equal([version(served), problem(served)], [undefined, undefined]);
    const first = await test.promote(candidateOf(8), 1);
    await server.poke();
    assert.equal(
      [version(served), await classify(served, word(7)), await classify(served, word(8))],
      [1, 'pos', 'neg'],
    );
    const { measured, promotion, commit } = server.state().model ?? {};
    assert.equal(measured, {
      measure: 'F1 of "pos"',
      f1: 16 / 18,
      labels: ['neg', 'pos'],
      confusion: [
        [40, 0],
        [8, 32],
      ],
    });
    assert.equal([promotion?.commit, promotion?.class, commit], [first.commit, 'promotion', first.commit]);
    await test.promote(candidateOf(10), 2);
    await server.poke();
    assert.equal([version(served), await classify(served, word(8))], [2, 'pos']);
    await test.rollBack(first.ref);
    await server.poke();
    assert.equal([version(served), await classify(served, word(8))], [1, 'neg']);
    assert.is(server.state().model?.promotion.class, 'rollback');
    await server.stop();
    const activated = (await recorded(store)).flatMap((e) => (e.type === 'ModelActivated' ? [e.data] : []));
    assert.equal(
      activated.map((a) => [a.active.version, a.selfTest.rows, a.selfTest.maxDifference < 1e-6]),
      [
        [1, 2, true],
        [2, 2, true],
        [1, 2, true],
      ],
    );
  }),
);

registry('takes models that are too large for the tree from the artifact store', () =>
  withRegistry(
    async (served) => {
      const { test, server } = served;
      const candidate = candidateOf(9);
      for (const bytes of candidate.files.values()) await test.artifacts.put(bytes);
      await test.promote({ manifest: candidate.manifest, files: new Map() }, 1);
      await server.poke();
      assert.equal([version(served), await classify(served, word(8))], [1, 'pos']);
    },
    {
      create: () =>
        TestRegistry.create((policy) => {
          policy.limits.treeBytes = 0;
        }),
    },
  ),
);

const attacks: [string, string, (test: TestRegistry) => Promise<unknown>][] = [
  [
    'a pointer moved by hand',
    'verdict_missing',
    async (test) => test.pushToMain(await test.filesFor(candidateOf(10), { version: 2 })),
  ],
  [
    'a model changed after its promotion',
    'registry_drifted',
    (test) => test.pushToMain({ 'models/sentiment/versions/1/model.onnx': candidateOf(10).files.get('model.onnx') }),
  ],
  [
    'a manifest changed after its promotion',
    'registry_drifted',
    (test) => test.pushToMain({ 'models/sentiment/versions/1/manifest.json': candidateOf(10).manifest }),
  ],
  [
    'a pointer that is removed',
    'production_missing',
    (test) => test.pushToMain({ 'models/sentiment/production.json': null }),
  ],
  [
    'a verdict that is gone',
    'verdict_missing',
    async (test) => {
      await test.promote(candidateOf(10), 2);
      for (const ref of (await test.git.text(['for-each-ref', '--format=%(refname)', 'refs/pawl/'])).split('\n'))
        await test.git.run(['update-ref', '-d', ref]);
    },
  ],
];
for (const [what, code, attack] of attacks)
  registry(`${what} is refused, and version 1 goes on answering`, () =>
    withRegistry(async (served) => {
      await served.test.promote(candidateOf(8), 1);
      await served.server.poke();
      await attack(served.test);
      await served.server.poke();
      assert.equal([version(served), problem(served)], [1, code]);
      assert.is(await classify(served, word(8)), 'neg');
      await served.server.stop();
      const refused = (await recorded(served.store)).flatMap((e) =>
        e.type === 'ModelActivationRefused' ? [e.data] : [],
      );
      assert.equal(
        refused.map((r) => [r.code, r.kept?.version]),
        [[code, 1]],
      );
    }),
  );

registry('bytes in the artifact store that have decayed are refused', () =>
  withRegistry(
    async (served) => {
      const { test, server } = served;
      const candidate = candidateOf(9);
      for (const bytes of candidate.files.values()) await test.artifacts.put(bytes);
      await test.promote({ manifest: candidate.manifest, files: new Map() }, 1);
      const digest = candidate.manifest.files.find((f) => f.path === 'model.onnx')?.digest as Digest;
      await test.artifacts.remove(digest);
      await server.poke();
      assert.equal([version(served), problem(served)], [undefined, 'artifact_missing']);
      await test.artifacts.put(candidate.files.get('model.onnx') as Uint8Array);
      await server.poke();
      assert.equal([version(served), problem(served)], [1, undefined]);
    },
    {
      create: () =>
        TestRegistry.create((policy) => {
          policy.limits.treeBytes = 0;
        }),
    },
  ),
);

registry('a verdict signed with a key that is not pinned counts for nothing', () =>
  withRegistry(
    async (served) => {
      await served.test.promote(candidateOf(9), 1);
      await served.server.poke();
      assert.equal([version(served), problem(served)], [undefined, 'verdict_invalid']);
    },
    { keys: [publicKeyOf(newSigningKey(), { role: 'gate', from: '2026-01-01T00:00:00.000Z', until: null })] },
  ),
);

registry('a version that the rules revoke answers no more', () =>
  withRegistry(async (served) => {
    const { test, server } = served;
    const { ref } = await test.promote(candidateOf(9), 1);
    await server.poke();
    assert.is(await classify(served, word(8)), 'pos');
    await test.changePolicy((policy) => policy.revoked.push(ref.manifest));
    await server.poke();
    assert.equal(
      [version(served), problem(served), await classify(served, word(8))],
      [undefined, 'version_revoked', 503],
    );
    await test.promote(candidateOf(10), 2);
    await server.poke();
    assert.equal([version(served), problem(served)], [2, undefined]);
  }),
);

registry('commits about anything else are followed without loading anything', () =>
  withRegistry(async (served) => {
    const { test, server, store } = served;
    await test.promote(candidateOf(9), 1);
    await server.poke();
    const tip = await test.pushToMain({ 'README.md': '# Other models\n' });
    await server.poke();
    assert.equal([server.state().model?.commit, server.state().follow.settled, problem(served)], [tip, tip, undefined]);
    await server.stop();
    assert.is((await recorded(store)).length, 1);
  }),
);

registry.run();
