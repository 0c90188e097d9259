import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl, stopAll } from '../support/cli.ts';
import { goldenFile } from '../support/golden.ts';
import { rowsFor } from '../support/models.ts';
import { temporaryFolder } from '../support/paths.ts';

// A head on a frozen encoder and an LSTM, from texts to answers in production.

const s = suite('encoder-head and rnn');
s.after(stopAll);

const encoder = dirname(goldenFile('tiny-bert', 'config.json'));

const head = `model: ${JSON.stringify(encoder)}, maxLength: 32, states: [-1, 1], pooling: both`;
const MODELS = {
  'encoder-head': ['encoder-head', `{ ${head}, ngrams: false }`],
  'encoder-head with n-grams': ['encoder-head', `{ ${head}, ngrams: true }`],
  'encoder-head in bytes, with n-grams': ['encoder-head', `{ ${head}, ngrams: true, precision: int8 }`],
  rnn: [
    'rnn',
    '{ backend: wasm, maxLength: 16, batch: 8, epochs: 8, learningRate: 0.02, vocabulary: 200, embedding: 8, hidden: 6 }',
  ],
};

for (const [name, [trainer, config]] of Object.entries(MODELS))
  s(`${name}: a model is trained, gated, merged and answers`, async () => {
    const home = temporaryFolder();
    const lines = (salt: string) =>
      rowsFor(salt, 6)
        .map(({ text, label }) => `${JSON.stringify({ text: text.replace(/(?=\d$)/, ' '), label })}\n`)
        .join('');
    writeFileSync(join(home, 'train.jsonl'), lines('train'));
    writeFileSync(join(home, 'test.jsonl'), lines('test'));
    writeFileSync(
      join(home, 'pawl.yaml'),
      `model: tiny
data: { kind: jsonl, train: train.jsonl, test: test.jsonl }
policy: { minimum: 0.85, minimumRows: 1, minimumRowsPerLabel: 1 }
training: { trainer: ${trainer}, config: ${config} }
`,
    );
    const { run, f1 } = await json<{ run: string; f1: number }>(home, ['train']);
    assert.ok(f1 > 0.9, `F1 ${f1}`);
    const promoted = await pawl(home, ['promote', run]);
    assert.is(promoted.code, 0, promoted.stdout + promoted.stderr);
    const answer = await pawl(home, ['predict', 'the other film number 2 was good 3']);
    assert.match(answer.stdout, /^pos /m, answer.stderr);
    if (name === 'encoder-head with n-grams') await quantised(home);
  });

/** The same model with weights as bytes, from its run to answers. */
async function quantised(home: string): Promise<void> {
  const small = await json<{ run: string; products: number; agreement: number }>(home, ['quantize', 'v1']);
  assert.ok(small.products > 0 && small.agreement > 0.9, JSON.stringify(small));
  const promoted = await pawl(home, ['promote', small.run]);
  assert.is(promoted.code, 0, promoted.stdout + promoted.stderr);
  const shown = await json<{ inputs: { name: string }[]; preprocessor: { kind: string } }>(home, [
    'model',
    'show',
    'v2',
  ]);
  assert.equal(
    shown.inputs.map((input) => input.name),
    ['ids', 'input_ids', 'attention_mask'],
  );
  assert.is(shown.preprocessor.kind, 'combined');
  assert.match((await pawl(home, ['predict', 'the other film number 2 was good 3'])).stdout, /^pos /m);
}

s.run();
