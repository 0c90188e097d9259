import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SweepError } from '../../../pipeline/sweep/errors.ts';
import { readSweep } from '../../../pipeline/sweep/read.ts';
import { trainers } from '../../../pipeline/training/trainers.ts';
import { temporaryFolder } from '../../support/paths.ts';

const file = join(temporaryFolder(), 'sweep.yaml');

function read(text: string) {
  writeFileSync(file, text);
  return readSweep(file);
}

/** What is said of a file that cannot be used. */
function said(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof SweepError) return error.message;
    throw error;
  }
  throw new Error(`nothing was said of ${text}`);
}

const s = suite('sweep.yaml');

const VARIED: Readonly<Record<string, string>> = {
  nbsvm: 'loss: [hinge, logistic]',
  'nbsvm-dv': 'dimensions: { from: 16, to: 64, steps: 4, integer: true }',
  distilbert: 'sizes.width: [64, 128]',
  'encoder-head': 'states: [[-1], [-1, -2]]',
  rnn: 'epochs: [1, 2]',
  command: 'settings.rate: { from: 0.001, to: 0.1, log: true, steps: 3 }',
};

for (const { name } of trainers)
  s(`varies settings of ${name}`, () => {
    const { points, trainer } = read(`trainer: ${name}\nparameters: { ${VARIED[name]} }\n`);
    assert.is(trainer.name, name);
    assert.ok(points.length >= 2);
  });

s('tells all that is wrong at once, where it stands, and what may be meant', () => {
  const message = said(
    [
      'trainer: nbsvm',
      'paralel: 2',
      'parameters:',
      '  cost: [1, -3]',
      '  colour: [red]',
      '  ordr: [1]',
      '  opening: { from: 0, to: 0.5 }',
      'memoryMegabytes: 3',
    ].join('\n'),
  );
  for (const wanted of [
    /paralel: no such setting: did you mean parallel\? \(.*:2\)/,
    /parameters\.cost: cannot be -3: .*>0 \(.*:4\)/,
    /parameters\.colour: nbsvm has no such setting \(.*:5\)/,
    /parameters\.ordr: .*did you mean order\?/,
    /memoryMegabytes: cannot be 3: .*>=64/,
  ])
    assert.match(message, wanted);
  const range = 'trainer: nbsvm\nparameters: { opening: { from: 0, to: 0.5 }, cost: [0] }\n';
  assert.match(
    said(range),
    /opening: .*a grid needs steps[\s\S]*cost: cannot be 0|cost: cannot be 0[\s\S]*needs steps/,
  );
});

s('names the points that cannot be together, and shared settings that cannot be at all', () => {
  const message = said(
    'trainer: distilbert\nconfig: { learningrate: 1, sizes: { heads: 4 } }\nparameters: { sizes.width: [8, 10], epochs: [1, 2] }\n',
  );
  assert.match(message, /config\.learningrate: distilbert has no such setting: did you mean learningRate\?/);
  assert.match(message, /config\.sizes: .*heads must divide width \(2 points: 2, 3\)/);
});

s('a trainer that is not there is told with those that are', () =>
  assert.match(
    said('trainer: nbsvn\nparameters: { cost: [1] }\n'),
    /trainer: cannot be "nbsvn": use nbsvm, nbsvm-dv, .*command/,
  ),
);

s('no file, no YAML, bombs, and grids beyond all patience', () => {
  assert.throws(() => readSweep(join(file, '../nowhere.yaml')), /there is no such file/);
  assert.throws(() => readSweep('/dev/zero'), /no file of at most/);
  assert.match(said('trainer: ['), /sweep\.yaml has a problem/);
  assert.match(said('a: 1\na: 2\n'), /unique/);
  assert.match(said('a: &a [1, 1, 1]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n'), /without aliases/);
  assert.match(said('[1, 2]'), /name: value/);
  assert.match(said('trainer: nbsvm\nparameters: { loss: ["\\uD800"] }\n'), /surrogate/);
  const steps = '{ from: 0.1, to: 1, steps: 1000 }';
  assert.match(
    said(`trainer: nbsvm\nparameters: { cost: ${steps}, opening: ${steps}, closing: ${steps} }\n`),
    /1000000000 points, 10000 at most/,
  );
});

s.run();
