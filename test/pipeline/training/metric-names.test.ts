import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { metricName } from '../../../pipeline/training/metric-names.ts';

const names = suite('what metrics are called');

names('an F1 of a trainer, or of the test rows, says which one it is', () => {
  const run = { trainer: 'distilbert', measure: 'F1 of "fraud"' };
  assert.is(metricName('validationF1', run), 'validationF1 (F1 of "fraud")');
  assert.is(metricName('heldF1/both', { ...run, measure: 'macro F1' }), 'heldF1/both (macro F1)');
  assert.is(metricName('test/f1', run), 'test/f1 (F1 of "fraud")');
});

names('what says it already, is no F1, or is unknown, keeps its name', () => {
  const run = { trainer: 'distilbert', measure: 'F1 of "fraud"' };
  for (const name of ['test/f1_macro', 'test/accuracy', 'held/both', 'validationLoss', 'train/F1'])
    assert.is(metricName(name, run), name);
  assert.is(metricName('validationF1', { ...run, measure: null }), 'validationF1');
  assert.is(metricName('validationF1', { ...run, trainer: 'command' }), 'validationF1', 'its own program says');
  assert.is(metricName('test/f1', { ...run, trainer: 'command' }), 'test/f1 (F1 of "fraud")');
});

names.run();
