import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decode } from '../../../../events/decode.ts';
import { splitOf } from '../../../../pipeline/data/split.ts';
import { NoValidationRowsError } from '../../../../pipeline/training/transformer/errors.ts';
import { readExamples } from '../../../../pipeline/training/transformer/examples.ts';
import { FitConfig } from '../../../../pipeline/training/transformer/fit-config.ts';
import { newTokenizer } from '../../../../pipeline/training/transformer/new-vocabulary.ts';
import type { Row } from '../../../../registry-repo/rows.ts';
import { rejects } from '../../../support/rejects.ts';
import { trainingContext } from '../../../support/training-context.ts';

const s = suite('rows held out for validation');

const reviews = (n: number, labels: number): Row[] =>
  Array.from({ length: n }, (_, i) => ({ text: `review number ${i}`, label: `label ${i % labels}` }));

/** The texts on either side. */
async function sides(rows: readonly Row[], seed: number, over: Record<string, unknown> = {}) {
  const labels = [...new Set(rows.map((row) => row.label))];
  const tokenizer = newTokenizer(
    rows.map((row) => row.text),
    100,
    'unknown',
  );
  const found = await readExamples(trainingContext({ rows, labels, seed }), tokenizer, FitConfig.parse(over));
  assert.is(found.train.length, found.rows.train.length);
  assert.is(found.validation.length, found.rows.validation.length);
  return found.rows;
}

s('of rows that a split with the same seed put into training, about the share asked for is held out', async () => {
  for (const seed of [0, 7]) {
    const rows = reviews(4000, 2).filter((row) => splitOf(row.text, 0.2, seed) === 'train');
    const share = (await sides(rows, seed, { validationShare: 0.1 })).validation.length / rows.length;
    assert.ok(Math.abs(share - 0.1) < 4 * Math.sqrt(0.09 / rows.length), `${share}`);
  }
});

s('a run of the first draw gets its rows again, which may be none', async () => {
  const first = { validationShare: 0.1, validationDraw: 1 };
  const rows = reviews(400, 2);
  const { validation } = await sides(rows, 3, first);
  assert.equal(
    validation,
    rows.filter((row) => splitOf(row.text, 0.1, 3) === 'test'),
  );
  const trained = rows.filter((row) => splitOf(row.text, 0.2, 3) === 'train');
  assert.equal((await sides(trained, 3, first)).validation, []);
});

s('what the log has of a run from before says that it was the first draw', () => {
  const stored = (version: number, config: object) =>
    decode({
      ...{ position: 1, stream: 'run-1v8k2m0p4qxa', revision: 0, id: 'i', type: 'TrainingRunStarted', time: 't' },
      version,
      data: JSON.stringify({ config }),
    }).data as { config: Record<string, unknown> };
  for (const version of [1, 2]) {
    assert.equal(stored(version, { validationShare: 0.05 }).config, { validationShare: 0.05, validationDraw: 1 });
    assert.equal(stored(version, { c: 3 }).config, { c: 3 });
  }
  assert.equal(stored(3, { validationShare: 0.05, validationDraw: 2 }).config.validationDraw, 2);
});

s('an asked share that holds out nothing to choose by is an error, and each advice of it works', async () => {
  const few = reviews(20, 2);
  const { code, message } = await rejects(sides(few, 0, { validationShare: 0.01 }), NoValidationRowsError);
  assert.is(code, 'no_validation_rows');
  assert.match(message, /0\.01 of 20 training rows holds out none/);
  assert.equal((await sides(few, 0, { validationShare: 0 })).validation, []);
  assert.ok((await sides(few, 0, { validationShare: 0.5 })).validation.length > 0);
  assert.ok((await sides(reviews(2000, 2), 0, { validationShare: 0.01 })).validation.length > 0);
});

s('rows of one label only are nothing to choose by', async () => {
  const rows = [...reviews(400, 1), { text: 'the only one', label: 'rare' }];
  const { message } = await rejects(sides(rows, 0, { validationShare: 0.1 }), NoValidationRowsError);
  assert.match(message, /holds out only rows of "label 0"/);
});

s('a label whose rows were all drawn keeps them, and equal texts are on one side', async () => {
  const rows = reviews(900, 300);
  const again = rows.map((row) => ({ ...row, text: ` ${row.text.toUpperCase().toLowerCase()}\n` }));
  const { train, validation } = await sides([...rows, ...again], 0, { validationShare: 0.4 });
  assert.ok(validation.length > 300);
  assert.is(new Set(train.map((row) => row.label)).size, 300);
  const trained = new Set(train.map((row) => row.text.trim()));
  assert.equal(
    validation.filter((row) => trained.has(row.text.trim())),
    [],
  );
});

s.run();
