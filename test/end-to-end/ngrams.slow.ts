import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, stopAll } from '../support/cli.ts';
import { promoteAndAsk, TINY_HEAD, throughTheGate } from '../support/through-the-gate.ts';

// N-grams beside a transformer in one graph, from texts to answers in production. transformer.test.ts takes the same path.

const s = suite('n-grams beside a transformer');
s.after(stopAll);

s(
  'a head on n-grams and an encoder is trained, gated, merged and answers; so is the same with weights as bytes',
  async () => {
    const { home } = await throughTheGate('encoder-head', `{ ${TINY_HEAD}, ngrams: true }`);
    const small = await json<{ run: string; products: number; agreement: number }>(home, ['quantize', 'v1']);
    assert.ok(small.products > 0 && small.agreement > 0.9, JSON.stringify(small));
    await promoteAndAsk(home, small.run);
    type Shown = { inputs: { name: string }[]; preprocessor: { kind: string } };
    const shown = await json<Shown>(home, ['model', 'show', 'v2']);
    assert.equal(
      shown.inputs.map((input) => input.name),
      ['ids', 'input_ids', 'attention_mask'],
    );
    assert.is(shown.preprocessor.kind, 'combined');
  },
);

s('an encoder in bytes from the start, too', async () => {
  await throughTheGate('encoder-head', `{ ${TINY_HEAD}, ngrams: true, precision: int8 }`);
});

s('a fine-tuned transformer, too', async () => {
  const sizes = 'sizes: { vocabulary: 300, width: 16, layers: 1, heads: 2, inner: 32 }';
  const config = `{ model: null, backend: wasm, epochs: 1, batch: 8, maxLength: 16, validationShare: 0.5, ngrams: true, ${sizes} }`;
  await throughTheGate('distilbert', config);
});

s.run();
