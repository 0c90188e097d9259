import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenFile } from './support/golden.ts';
import { temporaryFolder } from './support/paths.ts';

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
    readonly rows?: readonly { name: string; f1?: number; backend?: string; reason?: string }[];
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

/** Twenty reviews a label and split; one word tells the labels apart. */
function reviews(): string {
  const imdb = temporaryFolder();
  for (const split of ['train', 'test'])
    for (const [label, rating, word] of [
      ['neg', 2, 'dreadful'],
      ['pos', 9, 'wonderful'],
    ] as const) {
      mkdirSync(join(imdb, split, label), { recursive: true });
      for (let i = 0; i < 20; i++)
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
  assertMeasured(run, ['nbsvm, load + train + evaluate', 'nbsvm, F1', 'inference, batches of 32']);
  const score = run.report().benches[0]?.figures?.find((f) => f.name === 'nbsvm, F1')?.median;
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

benches('quantize: floats and bytes side by side, and how to give what it needs', () => {
  const run = bench('quantize', '--imdb', reviews(), '--weights', dirname(goldenFile('tiny-bert', 'config.json')));
  assertMeasured(run, ['float32, F1', 'int8, inference ÷ float32', 'int8, seven bits, agreement with float32']);
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
