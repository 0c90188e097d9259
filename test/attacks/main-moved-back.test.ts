import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MemoryStore } from '../../events/store.memory.ts';
import { settledFile } from '../../registry-repo/settled/settled.file.ts';
import type { SettledStore } from '../../registry-repo/settled/settled.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import type { RunningServer } from '../../server/main.ts';
import { recorded } from '../support/recorded.ts';
import { candidateOf, MODEL, TestRegistry } from '../support/registry.ts';
import { serveRegistry, TINY_CHILD } from '../support/serve-registry.ts';

type Attacked = { readonly test: TestRegistry; readonly kept: SettledStore; readonly keptIn: string };

/** A registry, and servers that one after the other keep what they settled on in the same file. */
async function attacked(): Promise<Attacked> {
  const test = await TestRegistry.create();
  const keptIn = join(test.folder, 'servers/local/sentiment.json');
  return { test, keptIn, kept: settledFile(keptIn, MODEL) };
}

/** Runs a server until it has looked once, and whatever else is asked of it. */
const serving = <T>({ test, kept }: Attacked, then: (server: RunningServer, store: MemoryStore) => Promise<T>) =>
  serveRegistry(
    test,
    async (server, store) => {
      await server.poke();
      return then(server, store);
    },
    { settled: kept, worker: TINY_CHILD },
  );

const answers = (server: RunningServer) => [
  server.state().model?.version ?? null,
  server.state().follow.problem?.code ?? null,
];

/** Moves main as whoever may push anything there. */
async function moveMain(test: TestRegistry, to: ObjectId): Promise<void> {
  await test.git.updateRefs([{ ref: 'refs/heads/main', to, from: await test.main() }]);
}

/** Version 1, which is bad and revoked once version 2 is there. */
async function revokedOnce({ test }: Attacked) {
  const { ref: first } = await test.promote(candidateOf(8), 1);
  const old = await test.main();
  await test.promote(candidateOf(9), 2);
  await test.changePolicy((policy) => {
    policy.revoked = [first.manifest];
  });
  return { first, old, tip: await test.main() };
}

/** A commit on top of both, whose own line is the old one: git calls a move to it a fast-forward. */
const crossing = async (test: TestRegistry, old: ObjectId, tip: ObjectId): Promise<ObjectId> =>
  test.commitTree(await test.tree(old, { 'README.md': '# Models, merged\n' }), [old, tip], 'a merge');

const attacks = suite('attacks that move main back');

for (const how of ['a forced push', 'a fast-forward whose first parent is old'] as const)
  attacks(`attack 79: main goes back to a revoked version by ${how}`, async () => {
    const a = await attacked();
    const { old, tip } = await revokedOnce(a);
    const back = how === 'a forced push' ? old : await crossing(a.test, old, tip);
    await serving(a, async (server, store) => {
      assert.equal(answers(server), [2, null]);
      await moveMain(a.test, back);
      await server.poke();
      await server.poke();
      assert.equal(answers(server), [2, 'main_moved_back'], 'what it had is what it answers with');
      const refused = (await recorded(store)).flatMap((e) => (e.type === 'ModelActivationRefused' ? [e.data] : []));
      assert.equal(
        refused.map((e) => [e.code, e.kept?.version, e.registryCommit]),
        [['main_moved_back', 2, back]],
      );
      const ready = await fetch(`${server.url}/health/ready`);
      assert.equal([ready.status, await ready.json()], [200, { status: 'ready', problem: 'main_moved_back' }]);
    });
    await serving(a, async (server) => {
      assert.equal(answers(server), [null, 'main_moved_back'], 'a restart does not forget');
      const ready = await fetch(`${server.url}/health/ready`);
      const text = await ready.text();
      assert.is(ready.status, 503);
      assert.match(text, 'main_moved_back');
      assert.not.match(text, back, 'the code alone is for strangers');
      await moveMain(a.test, tip);
      await server.poke();
      assert.equal(answers(server), [2, null], 'and main may come back to where it was');
    });
  });

attacks('attack 79: what a server settled on is broken, or cannot be written', async () => {
  const a = await attacked();
  const { old } = await revokedOnce(a);
  await serving(a, async (server) => assert.equal(answers(server), [2, null]));
  await moveMain(a.test, old);
  const { length } = JSON.stringify(await a.kept.read());
  for (const broken of ['', '{}\n', JSON.stringify(await a.kept.read()).slice(0, length / 2)]) {
    writeFileSync(a.keptIn, broken);
    await serving(a, async (server) => assert.equal(answers(server), [null, 'settled_unreadable'], broken));
  }
  const unwritable = settledFile('/dev/null/servers/sentiment.json', MODEL);
  await serving({ ...a, kept: { ...unwritable, read: async () => null } }, async (server) =>
    assert.equal(answers(server), [null, 'settled_unwritable']),
  );
});

attacks('attack 79: a number that was served gets another content', async () => {
  const a = await attacked();
  await a.test.promote(candidateOf(8), 1);
  await serving(a, async (server) => assert.equal(answers(server), [1, null]));
  const settled = await a.kept.read();
  assert.ok(settled);
  // As if the server had once followed another line, on which 2 was something else.
  await a.kept.write({
    ...settled,
    versions: [...settled.versions, { version: 2, manifest: `sha256:${'0'.repeat(64)}` }],
  });
  await a.test.promote(candidateOf(9), 2);
  await serving(a, async (server) => assert.equal(answers(server), [null, 'main_moved_back']));
});

attacks('attack 81: a revocation is taken back by a change of rules, and the version promoted again', async () => {
  const a = await attacked();
  const { first } = await revokedOnce(a);
  await serving(a, async (server) => {
    assert.equal(answers(server), [2, null]);
    await a.test.changePolicy((policy) => {
      policy.revoked = [];
    });
    await a.test.rollBack(first);
    await server.poke();
    assert.equal(answers(server), [2, 'version_revoked']);
  });
  await serving(a, async (server) => assert.equal(answers(server), [null, 'version_revoked'], 'nor after a restart'));
  const settled = await a.kept.read();
  assert.ok(settled);
  await a.kept.write({ ...settled, revoked: [] });
  await serving(a, async (server) => assert.equal(answers(server), [1, null], 'only an operator lifts it'));
});

attacks('attack 81: a revocation that was seen at a tip that could not be served holds', async () => {
  const a = await attacked();
  const { ref } = await a.test.promote(candidateOf(8), 1);
  const before = await a.test.main();
  await serving(a, async (server) => {
    assert.equal(answers(server), [1, null]);
    await a.test.changePolicy((policy) => {
      policy.revoked = [ref.manifest];
    });
    await server.poke();
    assert.equal(answers(server), [null, 'version_revoked']);
    await moveMain(a.test, before);
    await server.poke();
    assert.equal(answers(server), [null, 'version_revoked'], 'main is where it was settled on, but it was seen');
  });
});

attacks.run();
