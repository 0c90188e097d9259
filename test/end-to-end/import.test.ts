import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, printed, start, stopAll } from '../support/cli.ts';
import { json, pawl } from '../support/cli-here.ts';
import { golden, goldenFile, softmax } from '../support/golden.ts';
import { temporaryFolder } from '../support/paths.ts';

// A transformer that was trained elsewhere, from two files to answers over HTTP.

const { texts, onnxruntime_logits } = golden('tiny-distilbert');
/** Added to the logit of `neg`: the model as it is says `pos` of every text, which is no better than chance. */
const SHIFT = 0.8;
const logitsOf = (i: number): [number, number] => {
  const [neg = 0, pos = 0] = onnxruntime_logits.model[i] ?? [];
  return [neg + SHIFT, pos];
};

/** The golden folder with the classifier's bias shifted, in the weights and in both graphs, where its bytes are found once. */
function shiftedFolder(): string {
  const folder = temporaryFolder();
  cpSync(goldenFile('tiny-distilbert', '.'), folder, { recursive: true });
  const weights = readFileSync(join(folder, 'model.safetensors'));
  const header = Number(weights.readBigUInt64LE(0));
  const [from, to] = JSON.parse(weights.toString('utf8', 8, 8 + header))['classifier.bias'].data_offsets;
  const bias = Buffer.from(weights.subarray(8 + header + from, 8 + header + to));
  for (const name of ['model.safetensors', 'model.onnx', 'model_quantized.onnx']) {
    const bytes = readFileSync(join(folder, name));
    const at = bytes.indexOf(bias);
    assert.ok(at >= 0 && bytes.indexOf(bias, at + 1) < 0, name);
    bytes.writeFloatLE(bias.readFloatLE(0) + SHIFT, at);
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}
const FOLDER = shiftedFolder();
const LABELS = ['--labels', 'neg,pos'];

const imported = suite('a model from elsewhere');
imported.after(stopAll);

imported('is measured, refused while nobody knows what it was trained on, then gated, merged and served', async () => {
  const home = temporaryFolder();
  // Each text six times, with more and more blanks, which the tokenizer does not see; labels are what the model says.
  const rows = texts.flatMap((text, i) =>
    Array.from({ length: 6 }, (_, n) => {
      const [neg, pos] = logitsOf(i);
      return { text: text.replace(' ', ' '.repeat(n + 1)), label: neg > pos ? 'neg' : 'pos' };
    }),
  );
  const lines = (split: typeof rows) => split.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(join(home, 'test.jsonl'), lines(rows));
  writeFileSync(join(home, 'train.jsonl'), lines(rows.map(({ text, label }) => ({ text: `${text} Really.`, label }))));
  writeFileSync(
    join(home, 'pawl.yaml'),
    `model: tiny
data: { kind: jsonl, train: train.jsonl, test: test.jsonl }
policy: { minimum: 0.1, minimumRows: 1, minimumRowsPerLabel: 1 }
server: { port: 0 }
`,
  );
  const config = ['--model-config', goldenFile('tiny-bert', 'config.json')]; // of three labels
  const other = await pawl(home, ['import', '--folder', FOLDER, ...config]);
  assert.match(other.stderr, '2 columns for 3 labels');
  const nothing = await pawl(home, ['import', '--folder', FOLDER]);
  assert.is(nothing.code, 3);
  assert.match(nothing.stderr, '--labels neg,pos');
  assert.equal(await json(home, ['runs', 'list']), []);

  const unknown = await json<{ run: string }>(home, ['import', '--folder', FOLDER, ...LABELS]);
  const refused = await pawl(home, ['promote', unknown.run]);
  assert.is(refused.code, 1, refused.stdout + refused.stderr);
  assert.match(refused.stdout, 'training-rows-unknown');

  const known = await json<{ run: string }>(home, ['import', '--folder', FOLDER, ...LABELS, '--trained-on-data']);
  const promoted = await pawl(home, ['promote', known.run]);
  assert.is(promoted.code, 0, promoted.stdout + promoted.stderr);

  const server = start(home, ['serve']);
  const [, url] = await printed(server, /listening on (http:\S+)/);
  await printed(server, /v\d+ answers/);
  const text = texts[1] as string;
  const answer = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  const { probabilities } = (await answer.json()) as { probabilities: Record<string, number> };
  const [neg, pos] = softmax(logitsOf(1));
  assert.ok(Math.abs((probabilities.neg ?? 2) - (neg ?? 0)) < 1e-4, JSON.stringify(probabilities));
  assert.ok(Math.abs((probabilities.pos ?? 2) - (pos ?? 0)) < 1e-4);
  server.kill('SIGTERM');
  assert.is(await ended(server), 0);

  const int8 = ['--onnx', join(FOLDER, 'model_quantized.onnx'), '--trained-on-data'];
  const smaller = await json<{ run: string; candidate: { sizeBytes: number } }>(home, [
    'import',
    '--folder',
    FOLDER,
    ...LABELS,
    ...int8,
  ]);
  assert.ok(smaller.candidate.sizeBytes < 160_000);
  const judged = await pawl(home, ['promote', smaller.run]);
  assert.match(judged.stdout, /F1 \d\.\d{4}/);
  assert.is((await pawl(home, ['audit'])).code, 0);
});

imported('needs no more than graph, tokenizer and labels: the graph says how long a text may be', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), 'model: tiny\ndata: { kind: sample, train: 4, test: 20 }\n');
  const two = ['--onnx', goldenFile('tiny-distilbert', 'model.onnx')];
  const files = [...two, '--tokenizer', goldenFile('tiny-distilbert', 'tokenizer.json'), ...LABELS];
  const { run } = await json<{ run: string }>(home, ['import', ...files]);
  const { config } = await json<{ config: { maxLength: number } }>(home, ['runs', 'show', run]);
  assert.is(config.maxLength, 64);
  const own = ['--config', goldenFile('tiny-distilbert', 'config.json')];
  assert.is((await pawl(home, ['import', ...files, ...own])).code, 0);
  const long = await pawl(home, ['import', ...files, '--max-length', '65']);
  assert.is(long.code, 3);
  assert.match(long.stderr, /positions for 64 tokens, not for 65.*\[import_refused\]/);
});

imported.run();
