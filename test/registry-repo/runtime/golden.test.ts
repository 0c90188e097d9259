import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as z from 'zod';
import { FeatureIds } from '../../../registry-repo/runtime/feature-ids.ts';
import { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { fixture } from '../../support/paths.ts';
import { tokensOf } from '../../support/tokens.ts';

// What a registered model means: its texts must become the same numbers for ever. If this fails, the file is right and
// the code is wrong; another way to read texts is another value of `tokens` in the preprocessor, with a file of its own.

const Golden = z.strictObject({
  preprocessor: HashedNgrams,
  texts: z.array(z.strictObject({ text: z.string(), tokens: z.array(z.int()), ids: z.array(z.int()) })).min(30),
});
const { preprocessor, texts } = Golden.parse(JSON.parse(readFileSync(fixture('runtime/words-1.json'), 'utf8')));

const golden = suite('golden features of words-1');

golden('every text has the tokens that it always had', () => {
  for (const { text, tokens } of texts) assert.equal(tokensOf(text), tokens, JSON.stringify(text));
});

golden('every text has the feature ids that it always had', () => {
  const reader = new FeatureIds(preprocessor);
  for (const { text, ids } of texts) assert.equal([...reader.of(text)], ids, JSON.stringify(text));
});

golden('texts that should differ do', () => {
  assert.is(new Set(texts.map(({ text }) => text)).size, texts.length);
  const different = new Set(texts.filter(({ tokens }) => tokens.length > 0).map(({ ids }) => ids.join()));
  assert.ok(different.size >= texts.length - 4, `${different.size} of ${texts.length}`);
});

golden.run();
