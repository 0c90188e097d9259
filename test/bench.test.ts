import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Trained } from '../bench/model-row.ts';
import { writeSafetensors } from '../pipeline/training/transformer/safetensors-writer.ts';
import { goldenBytes, goldenFile } from './support/golden.ts';
import { root, temporaryFolder } from './support/paths.ts';
import { tensorsIn } from './support/reference.ts';

// The benches run from end to end at tiny sizes. What the figures are is for `npm run bench` on an idle machine to say.

const entry = fileURLToPath(new URL('../bench/main.js', import.meta.url));

type Report = {
  readonly schema: string;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly benches: readonly {
    readonly name: string;
    readonly status: string;
    readonly reason?: string;
    readonly figures?: readonly { name: string; unit: string; rounds: number[]; median: number; met?: boolean }[];
    readonly rows?: readonly (Partial<Trained> & { name: string; reason?: string })[];
  }[];
};

function bench(...args: string[]) {
  const file = join(temporaryFolder(), 'results', 'bench.json');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PAWL_BENCH_')));
  const folder = temporaryFolder();
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args, '--json', file, '--folder', folder], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr, file, report: () => JSON.parse(readFileSync(file, 'utf8')) as Report };
}

function assertMeasured({ status, stdout, stderr, report }: ReturnType<typeof bench>, names: readonly string[]): void {
  assert.is(status, 0, stderr);
  const [measured] = report().benches;
  assert.is(measured?.status, 'measured');
  const figures = measured?.figures ?? [];
  for (const { name, rounds, median } of figures) {
    assert.ok(rounds.length > 0 && rounds.every((value) => Number.isFinite(value) && value >= 0), name);
    assert.ok(median >= Math.min(...rounds) && median <= Math.max(...rounds), name);
    if (!measured?.rows) assert.ok(stdout.includes(name), `${name} is printed`);
  }
  for (const name of names)
    assert.ok(
      figures.some((f) => f.name === name),
      `no figure "${name}" among ${figures.map((f) => f.name).join('; ')}`,
    );
}

const benches = suite('benches');

benches('events: appends beside the bare loop, and a whole replay', () => {
  const run = bench('events', '--events', '2000', '--rounds', '2');
  assertMeasured(run, ['append, single ÷ bare loop', 'append, batch of 100 ÷ bare loop', 'encoding', 'replay']);
  assert.is(run.report().schema, 'pawl.bench/1');
  for (const key of ['cpu', 'cores', 'memoryBytes', 'os', 'node', 'filesystem'])
    assert.ok(run.report().machine[key], key);
});

/** Reviews, so many a label and split; one word tells the labels apart. */
function reviews(each = 20): string {
  const imdb = temporaryFolder();
  for (const split of ['train', 'test'])
    for (const [label, rating, word] of [
      ['neg', 2, 'dreadful'],
      ['pos', 9, 'wonderful'],
    ] as const) {
      mkdirSync(join(imdb, split, label), { recursive: true });
      for (let i = 0; i < each; i++)
        writeFileSync(
          join(imdb, split, label, `${i}_${rating}.txt`),
          `A ${word} film, number ${i} of the ${split} set: ${word} acting.`,
        );
    }
  return imdb;
}

benches('nbsvm: trains, evaluates and classifies', () => {
  const imdb = reviews();
  const run = bench('nbsvm', '--imdb', imdb, '--rounds', '1', '--no-fasttext');
  assertMeasured(run, ['nbsvm, load + train + evaluate', 'nbsvm, F1 of "pos"', 'inference, batches of 32']);
  const score = run.report().benches[0]?.figures?.find((f) => f.name === 'nbsvm, F1 of "pos"')?.median;
  assert.is(score, 1, 'one word tells the labels apart');
});

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

benches('models: a row that fails says so, and the others keep their figures', () => {
  const peer = 'scikit-learn: NB-SVM of 1–3-grams';
  const run = bench('models', '--imdb', reviews(), '--python', '/bin/false', '--rows', `nbsvm,${peer}`);
  assert.is(run.status, 1);
  assert.match(run.stderr, /NB-SVM of 1–3-grams: .*\/bin\/false .* failed \(1\)/);
  assert.match(run.stdout, /NB-SVM of 1–3-grams {2,}failed, see above/);
  assert.is(rowsOf(run).get('nbsvm')?.f1, 1);
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

function rowsOf({ report }: ReturnType<typeof bench>) {
  const rows = report().benches.flatMap((found) => found.rows ?? []);
  return new Map(rows.map((row) => [row.name, row]));
}

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

benches('nbsvm without reviews says how to give them, and counts as not run', () => {
  const { status, stdout, report } = bench('nbsvm');
  assert.is(status, 1);
  assert.match(stdout, /not run.*--imdb FILE/);
  assert.equal(
    report().benches.map((b) => b.status),
    ['not run'],
  );
});

benches('serve: a server under load, beside another checkout', () => {
  const run = bench('serve', '--rounds', '1', '--seconds', '1', '--against', root);
  assertMeasured(run, [
    'linear, 1 connection',
    'linear, 64 connections, against, p99',
    'linear, 16 connections ÷ against',
  ]);
  const other = bench('serve', '--against', temporaryFolder());
  assert.is(other.status, 2);
  assert.match(other.stderr, /give a checkout of Pawl that is built/);
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

benches('wrong usage measures nothing', () => {
  for (const [args, message] of [
    [['evnts'], /no bench evnts: there are events, nbsvm/],
    [['events', '--events', 'many'], /--events many: give a whole number/],
    [['--fast'], /--fast/],
  ] as const) {
    const { status, stderr, report } = bench(...args);
    assert.is(status, 2);
    assert.match(stderr, message);
    assert.throws(report, /ENOENT/);
  }
});

benches('--help lists every bench and flag', () => {
  const { status, stdout } = bench('--help');
  assert.is(status, 0);
  for (const word of ['events', 'nbsvm', '--json', '--rounds', '--imdb', 'PAWL_BENCH_IMDB'])
    assert.ok(stdout.includes(word), word);
});

benches.run();
