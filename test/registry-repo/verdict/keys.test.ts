import { createHash, generateKeyPairSync } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Key } from '../../../registry-repo/policy.ts';
import {
  isValid,
  MalformedKeyError,
  newSigningKey,
  printSigningKey,
  publicKeyOf,
  readPublicKey,
  readSigningKey,
} from '../../../registry-repo/verdict/keys.ts';

const window = { role: 'gate' as const, from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' };
const malformed = (e: unknown) => e instanceof MalformedKeyError;

const keys = suite('keys');

keys('a private key outlives its process as PEM', () => {
  const key = newSigningKey();
  const read = readSigningKey(printSigningKey(key));
  assert.is(read.id, key.id);
  assert.ok(read.privateKey.equals(key.privateKey));
  assert.not.equal(newSigningKey().id, key.id);
});

keys('a key is named by the hash of its public half', () => {
  const key = publicKeyOf(newSigningKey(), window);
  assert.equal(Key.parse(key), key);
  const hash = createHash('sha256').update(Buffer.from(key.publicKey, 'base64')).digest('hex');
  assert.is(key.id, `ed25519:${hash.slice(0, 16)}`);
  assert.is(readPublicKey(key).asymmetricKeyType, 'ed25519');
});

keys('refuses what is no Ed25519 key, or not the one it is named', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  for (const pem of ['', 'rubbish', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()])
    assert.throws(() => readSigningKey(pem), malformed);
  const [a, b] = [publicKeyOf(newSigningKey(), window), publicKeyOf(newSigningKey(), window)];
  assert.throws(() => readPublicKey({ id: a.id, publicKey: b.publicKey }), malformed);
  assert.throws(() => readPublicKey({ id: a.id, publicKey: 'AAAA' }), malformed);
});

keys('counts for its role, from its first moment until before its last', () => {
  const key = publicKeyOf(newSigningKey(), window);
  for (const [at, valid] of [
    ['2025-12-31T23:59:59.999Z', false],
    ['2026-01-01T00:00:00.000Z', true],
    ['2026-12-31T23:59:59.999Z', true],
    ['2027-01-01T00:00:00.000Z', false],
  ] as const)
    assert.is(isValid(key, 'gate', at), valid, at);
  assert.is(isValid(key, 'log', window.from), false);
  assert.is(isValid({ ...key, until: null }, 'gate', '2999-01-01T00:00:00.000Z'), true);
});

keys.run();
