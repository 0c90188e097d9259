import { suite } from 'uvu';
import { TINY_HEAD, throughTheGate } from '../support/through-the-gate.ts';

// A head on a frozen encoder and an LSTM, from texts to answers in production.

const s = suite('encoder-head and rnn');

const TRAINERS = {
  'encoder-head': `{ ${TINY_HEAD}, ngrams: false }`,
  rnn: '{ backend: wasm, maxLength: 16, batch: 8, epochs: 8, learningRate: 0.02, vocabulary: 200, embedding: 8, hidden: 6 }',
};

for (const [trainer, config] of Object.entries(TRAINERS))
  s(`${trainer}: a model is trained, gated, merged and answers`, () => throughTheGate(trainer, config).then(() => {}));

s.run();
