import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Trained } from '../bench/model-row.ts';
import { writeSafetensors } from '../pipeline/training/transformer/safetensors-writer.ts';
import { assertMeasured, bench, reviews, rowsOf } from './support/bench.ts';
import { goldenBytes, goldenFile } from './support/golden.ts';
import { root, temporaryFolder } from './support/paths.ts';
import { tensorsIn } from './support/reference.ts';

// The benches of trainers, of weights as bytes and of serving, from end to end at tiny sizes.

const benches = suite('benches that take long');

/** A program in the place of a Python: it answers what a script of the bench would. */
function standIn(answer: object): string {
  const file = join(temporaryFolder(), 'python');
  writeFileSync(file, `#!/bin/sh\necho 'a line of its own'\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  return file;
}

benches('models: a row for each trainer and peer, with figures or the reason why there are none', () => {
  const confusion = [
    [20, 0],
    [10, 10],
  ];
  const python = standIn({ train: 1.5, cpu: 2, textsPerSecond: 3000, confusion });
  const peer = 'scikit-learn: NB-SVM of 1–3-grams';
  const given = ['--imdb', reviews(), '--python', python];
  const first = bench('models', ...given, '--rows', `nbsvm,${peer}`);
  assertMeasured(first, []);
  const rows = rowsOf(first);
  assert.is(rows.get('nbsvm')?.f1, 1);
  assert.is(rows.get('nbsvm')?.backend, 'JavaScript');
  assert.is(rows.get(peer)?.f1, 2 / 3, 'of its second label');
  assert.is(rows.get('rnn')?.reason, 'not among --rows');
  assert.match(first.stdout, /^nbsvm {2,}1\.0000 {2,}.* – /m);
  assert.match(first.stdout, /^rnn {2,}not run: not among --rows/m);

  const again = bench('models', ...given, '--rows', peer, '--with', first.file);
  assert.equal(rowsOf(again).get('nbsvm'), rows.get('nbsvm'), 'taken from the earlier results');
  for (const [args, message] of [
    [['--rows', 'nbsvn'], /--rows nbsvn: there are nbsvm, /],
    [['--rows', peer, '--with', python], /--with .*: not the results of a bench/],
  ] as const) {
    const refused = bench('models', ...given, ...args);
    assert.is(refused.status, 2);
    assert.match(refused.stderr, message);
  }
});

/** Pretrained weights for texts of so many tokens. */
function distilbertOf(positions: number): string {
  const folder = temporaryFolder();
  const bytes = (name: string) => goldenBytes('tiny-distilbert', name);
  const { tensors } = tensorsIn(bytes('model.safetensors'));
  const name = 'distilbert.embeddings.position_embeddings.weight';
  const width = tensors.get(name)?.shape[1] ?? Number.NaN;
  tensors.set(name, { shape: [positions, width], data: new Float32Array(positions * width) });
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors));
  const config = { ...JSON.parse(bytes('config.json').toString('utf8')), max_position_embeddings: positions };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'tokenizer.json'), bytes('tokenizer.json'));
  return folder;
}

benches('models: a transformer alone and with n-grams are two rows of one training', () => {
  const weights = distilbertOf(256);
  const both = ['distilbert (1 epoch at 1e-4)', 'distilbert with n-grams (1 epoch at 1e-4)'] as const;
  const run = bench('models', '--imdb', reviews(400), '--weights', weights, '--long', '--rows', both[1]);
  assertMeasured(
    run,
    both.map((name) => `${name}, F1 of "pos"`),
  );
  const [alone, withNgrams] = both.map((name) => rowsOf(run).get(name) as Trained) as [Trained, Trained];
  assert.ok(alone.train < withNgrams.train, 'weighing takes time');
  assert.ok(Number(alone.modelBytes) < Number(withNgrams.modelBytes), 'the n-grams are in the model');
  assert.is(withNgrams.f1, 1, 'n-grams know the one word');
});

benches('nbsvm-dv: parts and sizes, with texts without labels where they are given', () => {
  const more = join(temporaryFolder(), 'more.txt');
  writeFileSync(more, 'Another wonderful film\nAnother dreadful film\n');
  for (const [given, lines] of [
    [[], 9],
    [['--unlabelled', more], 19],
  ] as const) {
    const run = bench('nbsvm-dv', '--imdb', reviews(), ...given);
    assertMeasured(run, []);
    assert.is(run.report().benches[0]?.figures?.length, lines);
    assert.match(run.stdout, /^ *40 {2,}no {2,}vectors, idf {2,}1\.0000 {2,}/m);
  }
});

benches('serve: a server under load, beside another checkout', () => {
  const run = bench('serve', '--rounds', '1', '--seconds', '1', '--against', root);
  assertMeasured(run, [
    'linear, 1 connection',
    'linear, 64 connections, against, p99',
    'linear, 16 connections ÷ against',
  ]);
});

benches('quantize: floats and bytes side by side, and how to give what it needs', () => {
  const run = bench('quantize', '--imdb', reviews(), '--weights', dirname(goldenFile('tiny-bert', 'config.json')));
  assertMeasured(run, [
    'float32, F1 of "pos"',
    'bytes, unsigned, inference ÷ float32',
    'bytes, seven-bits, agreement with float32',
    'bytes, signed, F1 of "pos"',
  ]);
  assert.match(run.stdout, /PAWL_BENCH_ONNX=PYTHON/);
  const megabytes = (name: string) => run.report().benches[0]?.figures?.find((f) => f.name === name)?.median ?? 0;
  assert.ok(megabytes('int8, model') < megabytes('float32, model') / 2);
  assert.match(bench('quantize').stdout, /not run.*--weights DIR/);
});

benches.run();
