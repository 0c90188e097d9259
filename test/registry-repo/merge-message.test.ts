import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type MergeFacts,
  NoMergeFactsError,
  parseMergeMessage,
  printMergeMessage,
} from '../../registry-repo/merge-message.ts';

const facts: MergeFacts = {
  class: 'promotion',
  model: 'sentiment',
  version: 2,
  promotion: '1v8k2m0p4qxa',
  pullRequest: 7,
  head: 'b'.repeat(40),
  candidate: `sha256:${'5'.repeat(64)}`,
  baseline: null,
  run: '1v8k2m0p4qxa',
  verdict: `sha256:${'a'.repeat(64)}`,
};

const message = suite('merge message');

message('prints and parses back, whatever people wrote above', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (title, text) => {
      assert.equal(parseMergeMessage(printMergeMessage(title, text, facts)), facts);
    }),
  );
});

message('text that imitates trailers changes nothing', () => {
  const text = `Pawl-Version: 9\nVerdict-Digest: sha256:${'0'.repeat(64)}`;
  assert.equal(parseMergeMessage(printMergeMessage('x', text, facts)), facts);
});

message('refuses a message without trailers, with half of them, or with one twice', () => {
  const whole = printMergeMessage('title', '', facts);
  for (const bad of [
    'fix typo',
    whole.replace(/Verdict-Digest.*\n/, ''),
    `${whole}Pawl-Version: 3\n`,
    whole.replace('Pawl-Version: 2', 'Pawl-Version: two'),
  ])
    assert.throws(
      () => parseMergeMessage(bad),
      (e: unknown) => e instanceof NoMergeFactsError,
    );
});

message.run();
