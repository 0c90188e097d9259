import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';

type Evaluated = {
  rows: number;
  labels: string[];
  measure: string;
  positive: string | null;
  confusion: number[][];
  metrics: Record<string, number>;
  confidence: number;
  intervals: Record<string, { low: number; high: number }>;
};

const home = temporaryFolder();
let run = '';

const evaluate = suite('pawl evaluate');

evaluate.before(async () => {
  writeFileSync(
    join(home, 'pawl.yaml'),
    'data:\n  kind: sample\n  train: 600\n  test: 300\ntraining:\n  trainer: nbsvm\n  workers: 2\n',
  );
  run = (await json<{ run: string }>(home, ['train'])).run;
});

evaluate('gives counts, figures and how sure they are, the same as the run measured', async () => {
  const value = await json<Evaluated>(home, ['evaluate', run]);
  const { evaluations } = await json<{ evaluations: { confusion: number[][]; f1: number }[] }>(home, [
    'runs',
    'show',
    run,
  ]);
  assert.equal(value.confusion, evaluations[0]?.confusion);
  assert.ok(Math.abs((value.metrics.f1_macro ?? 0) - (evaluations[0]?.f1 ?? 1)) < 1e-12);
  assert.is(
    value.confusion.flat().reduce((a, b) => a + b, 0),
    value.rows,
  );
  assert.equal([value.measure, value.positive, value.confidence], ['macro F1', null, 0.95]);
  for (const name of ['accuracy', 'f1[pos]', 'f1_macro', 'mcc', 'kappa', 'log_loss', 'brier', 'roc_auc', 'ece_15'])
    assert.type(value.metrics[name], 'number', name);
  for (const name of ['accuracy', 'f1[pos]', 'f1_macro']) {
    const { low, high } = value.intervals[name] ?? { low: 1, high: 0 };
    assert.ok(low < (value.metrics[name] as number) && (value.metrics[name] as number) < high, name);
  }
});

evaluate('tells people the same in tables, with the interval beside the figure', async () => {
  const { stdout, code } = await pawl(home, ['evaluate', run]);
  assert.is(code, 0);
  assert.match(stdout, /METRIC +VALUE +95 % INTERVAL/);
  assert.match(stdout, /macro F1 +0\.\d{4} +0\.\d{4}–[01]\.\d{4}/);
  assert.match(stdout, /LABEL +ROWS +PRECISION +RECALL +F1/);
  assert.match(stdout, /TRUTH \\ PREDICTED +neg +pos/);
});

evaluate('measures on any labelled file; one label alone gives no ranking', async () => {
  writeFileSync(join(home, 'new.csv'), 'text,label\na warm and funny film,pos\na dull waste of time,neg\n');
  const two = await json<Evaluated>(home, ['evaluate', run, '--data', 'new.csv']);
  assert.is(two.rows, 2);
  writeFileSync(join(home, 'one.csv'), 'text,label\na warm and funny film,pos\nsplendid acting,pos\n');
  const one = await json<Evaluated>(home, ['evaluate', run, '--data', 'one.csv']);
  assert.equal([one.rows, 'roc_auc' in one.metrics, 'log_loss' in one.metrics], [2, false, true]);
});

evaluate('rows of one label: means are over it alone, and too few rows give no interval', async () => {
  const right = Array.from(
    { length: 12 },
    (_, i) => `a boring awful dull predictable terrible film${'!'.repeat(i)},neg`,
  );
  writeFileSync(join(home, 'neg.csv'), `text,label\n${right.join('\n')}\n`);
  const alone = await json<Evaluated & { present: number }>(home, ['evaluate', run, '--data', 'neg.csv']);
  assert.equal(
    [alone.present, alone.confusion],
    [
      1,
      [
        [12, 0],
        [0, 0],
      ],
    ],
  );
  assert.equal([alone.metrics.f1_macro, alone.metrics.precision_macro, alone.metrics.recall_macro], [1, 1, 1]);
  const { stdout } = await pawl(home, ['evaluate', run, '--data', 'neg.csv'], { env: { PAWL_POLICY_POSITIVE: 'pos' } });
  assert.match(stdout, /macro F1 over 1 of 2 labels +1\.0000/);
  assert.match(stdout, /F1 of "pos" +–/);
  assert.match(stdout, /: no rows of "pos"$/m);
  assert.match(stdout, /^short +\d+ +1 of 2 +– +1\.0000/m);

  const both = Array.from(
    { length: 12 },
    (_, i) => `a great good funny beautiful brilliant wonderful film${'!'.repeat(i)},pos`,
  );
  writeFileSync(join(home, 'both.csv'), `text,label\n${[...right, ...both].join('\n')}\n`);
  const perfect = await pawl(home, ['evaluate', run, '--data', 'both.csv']);
  assert.match(perfect.stdout, /: no interval: every sample gives 1\.0000; that of accuracy is 0\.8620–1\.0000/);
  writeFileSync(join(home, 'few.csv'), `text,label\n${[...right, ...both.slice(0, 9)].join('\n')}\n`);
  const few = await pawl(home, ['evaluate', run, '--data', 'few.csv']);
  assert.match(few.stdout, /: too few rows for an interval: fewer than 10 of pos$/m);
});

evaluate('a label that the model does not know is refused, with its line', async () => {
  writeFileSync(join(home, 'bad.csv'), 'text,label\na warm and funny film,pos\nso-so,neutral\n');
  const { code, stderr } = await pawl(home, ['evaluate', run, '--data', 'bad.csv']);
  assert.is(code, 3);
  assert.match(stderr, /bad\.csv:3.*neutral/);
});

evaluate('counts slices, bins and the surest errors without showing a text', async () => {
  writeFileSync(
    join(home, 'sliced.csv'),
    'text,label\na warm and funny film,neg\na dull waste of time,neg\nsplendid acting,pos\nfilmed in a warm place,pos\n',
  );
  writeFileSync(join(home, 'slices.json'), '[{"name":"film","words":["FILM"]},{"name":"none","words":["a f"]}]');
  const args = ['evaluate', run, '--data', 'sliced.csv', '--slices', 'slices.json'];
  type Detailed = {
    slices: { name: string; rows: number }[];
    reliability: { bins: { rows: number }[] };
    worst: { row: string; at: number; truth: string }[];
    bootstrap: { interval: { low: number; high: number } };
  };
  const [value, again] = [await json<Detailed>(home, args), await json<Detailed>(home, args)];
  assert.equal(
    value.slices.slice(3).map(({ name, rows }) => [name, rows]),
    [
      ['film', 1],
      ['none', 0],
    ],
  );
  assert.is(
    value.slices.slice(0, 3).reduce((sum, { rows }) => sum + rows, 0),
    4,
  );
  assert.is(
    value.reliability.bins.reduce((sum, { rows }) => sum + rows, 0),
    4,
  );
  assert.ok(value.worst.some(({ at, truth, row }) => at === 1 && truth === 'neg' && /^[0-9a-f]{16}$/.test(row)));
  assert.equal(value.bootstrap, again.bootstrap, 'the same rows give the same interval');
  const { stdout } = await pawl(home, args);
  assert.match(stdout, /SURE?EST ERRORS/);
  assert.not.match(stdout, /funny|splendid/);
  writeFileSync(join(home, 'slices.json'), '[{"name":"film","words":[]}]');
  const refused = await pawl(home, args);
  assert.is(refused.code, 3);
  assert.match(refused.stderr, /slices\.json.*words/);
});

evaluate('has a slice for each source, where the rows name theirs', async () => {
  const rows = ['great,pos,web', 'dull,neg,web', 'funny,pos,app', 'boring,neg,', 'warm,pos,web'];
  writeFileSync(join(home, 'from.csv'), `text,label,shop\n${rows.join('\n')}\n`);
  type Sliced = { slices: { name: string; rows: number }[] };
  const sources = async (...args: string[]) =>
    (await json<Sliced>(home, ['evaluate', run, ...args])).slices.slice(3).map(({ name, rows: n }) => [name, n]);
  const wanted = [
    ['source web', 3],
    ['source (none)', 1],
    ['source app', 1],
  ];
  assert.equal(await sources('--data', 'from.csv', '--source', 'shop'), wanted);
  const lines = rows.map((row) => row.split(',')).map(([text, label, shop]) => JSON.stringify({ text, label, shop }));
  writeFileSync(join(home, 'from.jsonl'), lines.join('\n'));
  assert.equal(await sources('--data', 'from.jsonl', '--source', 'shop'), wanted);
  assert.equal(await sources('--data', 'from.jsonl'), []);
  const none = await pawl(home, ['evaluate', run, '--data', 'from.csv', '--source', 'place']);
  assert.match(none.stderr, /no column "place" .*set data\.source/);
  const sample = await pawl(home, ['evaluate', run, '--source', 'shop']);
  assert.equal([sample.code, /kind sample has none/.test(sample.stderr)], [2, true]);
});

evaluate.run();
