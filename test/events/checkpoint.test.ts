import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { extendTree, InvalidCheckpointError, openCheckpoint, signCheckpoint } from '../../events/checkpoint.ts';
import { Frontier } from '../../events/merkle.ts';
import { MemoryStore } from '../../events/store.memory.ts';
import { NO_STREAM } from '../../events/store.ts';
import { metrics } from '../support/events.ts';

// Leaves and roots of the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test).
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const tree = suite('Merkle tree');

tree('has the roots of RFC 6962', () => {
  const frontier = new Frontier();
  assert.is(frontier.root().toString('hex'), ROOTS[0]);
  for (const [i, leaf] of LEAVES.entries()) {
    frontier.append(Buffer.from(leaf, 'hex'));
    assert.is(frontier.root().toString('hex'), ROOTS[i + 1]);
  }
});

tree('can be put away and continued at any size', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), (first, second) => {
      const whole = new Frontier();
      const start = new Frontier();
      for (let i = 0; i < first + second; i++) whole.append(Buffer.of(i));
      for (let i = 0; i < first; i++) start.append(Buffer.of(i));
      const continued = new Frontier(start.size, start.roots);
      for (let i = first; i < first + second; i++) continued.append(Buffer.of(i));
      assert.equal(continued.root(), whole.root());
    }),
  );
});

tree('refuses a frontier that does not fit its size', () => {
  for (const [size, roots] of [
    [3, 1],
    [-1, 0],
    [1.5, 1],
    [0, 1],
  ] as const)
    assert.throws(
      () => new Frontier(size, Array(roots).fill(Buffer.alloc(32))),
      (e: unknown) => e instanceof RangeError,
    );
});

const note = suite('checkpoint note');

const der = (seed: string) => Buffer.from(`302e020100300506032b657004220420${seed.repeat(32)}`, 'hex');
const privateKey = createPrivateKey({ key: der('07'), format: 'der', type: 'pkcs8' });
const publicKey = createPublicKey(privateKey);
const stranger = createPublicKey(createPrivateKey({ key: der('08'), format: 'der', type: 'pkcs8' }));
const checkpoint = { origin: 'pawl/log', size: 8, root: Buffer.from(ROOTS[8] as string, 'hex') };
const signed = signCheckpoint(checkpoint, 'pawl/log', privateKey);
const refused = (e: unknown) => e instanceof InvalidCheckpointError;

note('has the form of C2SP tlog-checkpoint and opens again', () => {
  assert.match(signed, /^pawl\/log\n8\n[A-Za-z0-9+/]{43}=\n\n— pawl\/log [A-Za-z0-9+/=]+\n$/);
  assert.equal(openCheckpoint(signed, { name: 'pawl/log', publicKey }), checkpoint);
  assert.is(signCheckpoint(checkpoint, 'pawl/log', privateKey), signed);
});

note('refuses another key, another name, and any changed byte', () => {
  assert.throws(() => openCheckpoint(signed, { name: 'pawl/log', publicKey: stranger }), refused);
  assert.throws(() => openCheckpoint(signed, { name: 'pawl/other', publicKey }), refused);
  const bytes = Buffer.from(signed);
  for (let i = 0; i < bytes.length - 4; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] as number) ^ 1;
    assert.throws(
      () => openCheckpoint(changed.toString('utf8'), { name: 'pawl/log', publicKey }),
      refused,
      `byte ${i}`,
    );
  }
});

note('a tree grows with the log, from wherever it stood', async () => {
  const store = new MemoryStore();
  await store.append('run-aaaaaaaaaaaa', NO_STREAM, metrics('a', 1500));
  const early = await extendTree(store, new Frontier(), 700);
  await store.append('run-bbbbbbbbbbbb', NO_STREAM, metrics('b', 9));
  assert.equal((await extendTree(store, early, 1509)).root(), (await extendTree(store, new Frontier(), 1509)).root());
  assert.is.not(
    (await extendTree(store, early, 1508)).root().toString('hex'),
    (await extendTree(store, early, 1509)).root().toString('hex'),
  );
});

tree.run();
note.run();
