import { tmpdir } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertMeasured, bench, reviews, rowsOf } from './support/bench.ts';

// Benches run from end to end at tiny sizes; bench.slow.ts runs the others. What the figures are is for `npm run bench` on
// an idle machine to say.

const benches = suite('benches');

benches('events: appends beside the bare loop, and a whole replay', () => {
  const run = bench('events', '--events', '2000', '--rounds', '2');
  assertMeasured(run, ['append, single ÷ bare loop', 'append, batch of 100 ÷ bare loop', 'encoding', 'replay']);
  assert.is(run.report().schema, 'pawl.bench/1');
  for (const key of ['cpu', 'cores', 'memoryBytes', 'os', 'node', 'filesystem'])
    assert.ok(run.report().machine[key], key);
});

benches('products: bytes beside floats, by the kind of bytes', () => {
  const run = bench('products', '--rounds', '1');
  assertMeasured(run, [
    'unsigned, distance',
    'signed, speed at 32 rows ÷ float32',
    'seven-bits, speed at 1 row ÷ float32',
  ]);
  const far = run.report().benches[0]?.figures?.find((f) => f.name === 'unsigned, distance')?.median ?? 1;
  assert.ok(far > 0 && far < 0.02, `${far}`);
});

benches('nbsvm: trains, evaluates and classifies', () => {
  const imdb = reviews();
  const run = bench('nbsvm', '--imdb', imdb, '--rounds', '1', '--no-fasttext');
  assertMeasured(run, ['nbsvm, load + train + evaluate', 'nbsvm, F1 of "pos"', 'inference, batches of 32']);
  const score = run.report().benches[0]?.figures?.find((f) => f.name === 'nbsvm, F1 of "pos"')?.median;
  assert.is(score, 1, 'one word tells the labels apart');
});

benches('models: a row that fails says so, and the others keep their figures', () => {
  const peer = 'scikit-learn: NB-SVM of 1–3-grams';
  const run = bench('models', '--imdb', reviews(), '--python', '/bin/false', '--rows', `nbsvm,${peer}`);
  assert.is(run.status, 1);
  assert.match(run.stderr, /NB-SVM of 1–3-grams: .*\/bin\/false .* failed \(1\)/);
  assert.match(run.stdout, /NB-SVM of 1–3-grams {2,}failed, see above/);
  assert.is(rowsOf(run).get('nbsvm')?.f1, 1);
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

benches('wrong usage measures nothing', () => {
  for (const [args, message] of [
    [['evnts'], /no bench evnts: there are events, nbsvm/],
    [['events', '--events', 'many'], /--events many: give a whole number/],
    [['--fast'], /--fast/],
    [['serve', '--against', tmpdir()], /give a checkout of Pawl that is built/],
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
