import { suite } from 'uvu';
import { stopAll } from '../support/cli.ts';
import { TINY_HEAD, throughTheGate } from '../support/through-the-gate.ts';

// N-grams beside every kind of transformer, from texts to answers in production.

const s = suite('n-grams beside other transformers');
s.after(stopAll);

s('an encoder in bytes from the start, too', async () => {
  await throughTheGate('encoder-head', `{ ${TINY_HEAD}, ngrams: true, precision: int8 }`);
});

s('a fine-tuned transformer, too', async () => {
  const sizes = 'sizes: { vocabulary: 300, width: 16, layers: 1, heads: 2, inner: 32 }';
  const config = `{ model: null, backend: wasm, epochs: 1, batch: 8, maxLength: 16, validationShare: 0.5, ngrams: true, ${sizes} }`;
  await throughTheGate('distilbert', config);
});

s.run();
