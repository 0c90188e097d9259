import { sign } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../registry-repo/digest.ts';
import { printFile } from '../../../registry-repo/file.ts';
import { openEvidence } from '../../../registry-repo/judge/evidence.ts';
import type { Key } from '../../../registry-repo/policy.ts';
import { storedCounts } from '../../../registry-repo/stored-counts.ts';
import { type Envelope, preAuthEncoding, seal } from '../../../registry-repo/verdict/dsse.ts';
import { newSigningKey, publicKeyOf, type SigningKey } from '../../../registry-repo/verdict/keys.ts';
import { openVerdict, signVerdict, VerdictInvalidError } from '../../../registry-repo/verdict/signed.ts';
import { statementOf } from '../../../registry-repo/verdict/statement.ts';
import { exampleVerdict } from '../../support/verdict.ts';

const key = newSigningKey();
const trusted = (k: SigningKey, over: Partial<Key> = {}): Key => ({
  ...publicKeyOf(k, { role: 'gate', from: '2026-01-01T00:00:00.000Z', until: null }),
  ...over,
});
const now = new Date('2026-02-01T00:00:00Z');
const PAYLOAD = 'application/vnd.in-toto+json';

const reasonOf = (bytes: Uint8Array, keys: readonly Key[] = [trusted(key)], at = now): string => {
  try {
    openVerdict(bytes, keys, at);
    return 'opened';
  } catch (error) {
    if (error instanceof VerdictInvalidError) return error.reason;
    throw error;
  }
};
const envelopeOf = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString('utf8')) as Envelope;
const textOf = (envelope: unknown) => Buffer.from(printFile(envelope), 'utf8');

const dsse = suite('DSSE');

dsse('encodes what is signed as the specification does', () => {
  // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
  assert.is(
    preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString(),
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
  assert.is(preAuthEncoding('é', Buffer.from('ü')).toString(), 'DSSEv1 2 é 2 ü', 'lengths are of bytes');
});

const verdicts = suite('signed verdicts');

verdicts('of many labels are read back, whether all counts were written or only those that are not 0', () => {
  const labels = Array.from({ length: 60 }, (_, k) => `label ${k}`);
  const counts = labels.map((_, k) => labels.map((__, l) => (k === l ? 40 : 0)));
  const perLabel = labels.map(() => 40);
  const { evaluation, claimed, ...rest } = exampleVerdict().evidence;
  for (const confusion of [counts, storedCounts(counts)]) {
    const measured = {
      ...{ candidate: confusion, baseline: null, onlyCandidateRight: null, onlyBaselineRight: null },
      goldenDifference: 0,
    };
    const verdict = exampleVerdict({
      evidence: {
        ...rest,
        evaluation: { ...evaluation, labels, perLabel, distinct: perLabel },
        claimed: { ...claimed, labels, confusion },
        measured,
      },
    });
    const opened = openVerdict(signVerdict(verdict, key), [trusted(key)], now).verdict;
    assert.equal(opened, verdict);
    assert.equal(openEvidence(opened.evidence).measured?.candidate, counts);
  }
});

verdicts('are read back as they were signed', () => {
  const verdict = exampleVerdict();
  const bytes = signVerdict(verdict, key);
  assert.equal(openVerdict(bytes, [trusted(key)], now), {
    verdict,
    digest: digestOf(bytes),
    keys: [trusted(key)],
  });
  assert.ok(bytes.equals(signVerdict(verdict, key)), 'the same verdict gives the same bytes');
});

verdicts('are in-toto statements about the changed files, the manifest and the model', () => {
  const envelope = envelopeOf(signVerdict(exampleVerdict(), key));
  assert.is(envelope.payloadType, PAYLOAD);
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8'));
  assert.is(statement._type, 'https://in-toto.io/Statement/v1');
  assert.is(statement.predicateType, 'https://in-toto.io/attestation/test-result/v0.1');
  assert.equal(
    statement.subject.map((s: { name: string }) => s.name),
    ['production.json', 'versions/2/manifest.json', 'versions/2/model.onnx'].map((f) => `models/sentiment/${f}`),
  );
  assert.match(statement.subject[0].digest.sha256, /^[0-9a-f]{64}$/);
  assert.equal(
    statement.predicate.configuration.map((c: { name: string }) => c.name),
    ['gate.json', 'evaluation/reviews.json', 'models/sentiment/versions/1/manifest.json'],
  );
  assert.equal([statement.predicate.result, statement.predicate.passedTests], ['PASSED', ['f1-at-least-minimum']]);
});

verdicts('say warned and failed in in-toto’s words', () => {
  const findings = [
    { kind: 'failed' as const, code: 'leaked-rows', message: '' },
    { kind: 'warned' as const, code: 'claim-differs', message: '' },
  ];
  const failed = statementOf(exampleVerdict({ result: 'fail', findings })).predicate;
  assert.equal([failed.result, failed.failedTests, failed.warnedTests], ['FAILED', ['leaked-rows'], ['claim-differs']]);
  assert.is(statementOf(exampleVerdict({ findings: findings.slice(1) })).predicate.result, 'WARNED');
});

verdicts('of strangers are not believed', () => {
  const stranger = newSigningKey();
  const bytes = signVerdict(exampleVerdict(), stranger);
  assert.is(reasonOf(bytes), 'untrusted');
  assert.is(reasonOf(bytes, []), 'untrusted');
  const borrowed = envelopeOf(bytes);
  const named = { ...borrowed, signatures: [{ keyid: key.id, sig: borrowed.signatures[0]?.sig }] };
  assert.is(reasonOf(textOf(named)), 'untrusted', 'a name is no signature');
  assert.is(reasonOf(bytes, [trusted(stranger, { id: key.id })]), 'untrusted', 'nor is a key under another id');
});

verdicts('are not believed from a key of another role, or out of its time', () => {
  const bytes = signVerdict(exampleVerdict(), key);
  assert.is(reasonOf(bytes, [trusted(key, { role: 'log' })]), 'untrusted');
  assert.is(reasonOf(bytes, [trusted(key, { from: '2026-01-03T00:00:00.000Z' })]), 'key-out-of-time');
  assert.is(reasonOf(bytes, [trusted(key, { until: '2026-01-02T00:00:00.000Z' })]), 'key-out-of-time');
  assert.is(reasonOf(bytes, [trusted(key, { until: '2026-01-03T00:00:00.000Z' })]), 'opened', 'retired since');
  assert.is(reasonOf(bytes, [trusted(key)], new Date('2026-01-02T02:00:00Z')), 'key-out-of-time', 'from the future');
  assert.is(reasonOf(bytes, [trusted(key)], new Date('2026-01-02T03:04:00Z')), 'opened', 'clocks differ by seconds');
});

verdicts('carry other signatures too, if one of them is trusted', () => {
  const envelope = envelopeOf(signVerdict(exampleVerdict(), key));
  const other = { keyid: 'someone', sig: Buffer.alloc(64).toString('base64') };
  assert.is(reasonOf(textOf({ ...envelope, signatures: [other, ...envelope.signatures] })), 'opened');
});

const body = (value: unknown) => seal(PAYLOAD, Buffer.from(JSON.stringify(value), 'utf8'), key);

verdicts('must say one thing only, however well signed', () => {
  const statement = statementOf(exampleVerdict());
  const pawl = exampleVerdict();
  const change = (over: object) => body({ ...statement, ...over });
  assert.is(reasonOf(change({})), 'opened');
  assert.is(reasonOf(change({ subject: [] })), 'inconsistent');
  assert.is(reasonOf(change({ predicate: { ...statement.predicate, result: 'FAILED' } })), 'inconsistent');
  assert.is(
    reasonOf(change({ predicate: { ...statement.predicate, pawl: { ...pawl, result: 'fail' } } })),
    'inconsistent',
  );
  assert.is(reasonOf(change({ more: 1 })), 'inconsistent');
  assert.is(reasonOf(change({ predicate: { ...statement.predicate, pawl: { ...pawl, more: 1 } } })), 'malformed');
  assert.is(reasonOf(change({ predicate: { pawl: { ...pawl, result: 'error' } } })), 'malformed');
});

verdicts('may say that memory was unbounded; those that say nothing are as they were', () => {
  const { scorer } = exampleVerdict();
  const unbounded = exampleVerdict({ scorer: { ...scorer, memory: 'unbounded' } });
  assert.equal(openVerdict(signVerdict(unbounded, key), [trusted(key)], now).verdict, unbounded);
  const earlier = body(statementOf(exampleVerdict()));
  const { verdict } = openVerdict(earlier, [trusted(key)], now);
  assert.equal([Object.hasOwn(verdict.scorer, 'memory'), verdict], [false, exampleVerdict()]);
});

verdicts('must be in canonical form', () => {
  const bytes = signVerdict(exampleVerdict(), key);
  const envelope = envelopeOf(bytes);
  const twice = JSON.stringify(statementOf(exampleVerdict())).replace(
    '"result":"PASSED"',
    '"result":"FAILED","result":"PASSED"',
  );
  for (const [name, changed] of Object.entries({
    'one line': Buffer.from(JSON.stringify(envelope)),
    'a key twice': Buffer.from(bytes.toString().replace('"payloadType"', '"payloadType": "x",\n  "payloadType"')),
    'a member more': textOf({ ...envelope, more: 1 }),
    'no signature': textOf({ ...envelope, signatures: [] }),
    'loose base64': textOf({ ...envelope, payload: `${envelope.payload.replace(/=+$/, '')}\n` }),
    'a repeated key inside': seal(PAYLOAD, Buffer.from(twice), key),
    'another payload type': seal('text/plain', Buffer.from(JSON.stringify(statementOf(exampleVerdict()))), key),
    'an empty file': Buffer.alloc(0),
    'the same as YAML': Buffer.from('payload: x\n'),
  }))
    assert.is(reasonOf(changed), 'malformed', name);
});

verdicts('a signature for one type does not count for another', () => {
  const payload = Buffer.from(JSON.stringify(statementOf(exampleVerdict())));
  const sig = sign(null, preAuthEncoding('text/plain', payload), key.privateKey).toString('base64');
  const envelope = { payload: payload.toString('base64'), payloadType: PAYLOAD, signatures: [{ keyid: key.id, sig }] };
  assert.is(reasonOf(textOf(envelope)), 'untrusted');
});

verdicts('not one byte can be changed', () => {
  const bytes = signVerdict(exampleVerdict(), key);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ by;
      assert.is.not(reasonOf(changed), 'opened');
    }),
    { numRuns: 400 },
  );
});

dsse.run();
verdicts.run();
