import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { averagingOf, MACRO, measureName, measureNameFor, UNNAMED } from '../../registry-repo/averaging.ts';

const averaging = suite('which F1 counts, and what it is called');

averaging('no label counts alone unless it is named, however many there are', () => {
  assert.equal(averagingOf({ average: null, positive: null }), MACRO);
  assert.equal(averagingOf({ average: 'macro', positive: null }), MACRO);
  assert.equal(averagingOf({ average: 'weighted', positive: null }), { average: 'weighted', positive: null });
  for (const average of [null, 'binary'] as const)
    assert.equal(averagingOf({ average, positive: 'fraud' }), { average: 'binary', positive: 'fraud' });
});

averaging('every F1 has a name, and a label in it cannot end the line', () => {
  assert.is(measureName(MACRO), 'macro F1');
  assert.is(measureName({ average: 'weighted', positive: null }), 'weighted F1');
  assert.is(measureName({ average: 'binary', positive: 'fraud' }), 'F1 of "fraud"');
  assert.is(measureName({ average: 'binary', positive: 'a"\n\u202eb' }), 'F1 of "a\\"\\n\\u{202e}b"');
});

averaging('a recorded F1 is called what gives it from its counts', () => {
  const counts = [
    [6, 63],
    [60, 871],
  ];
  const labels = ['fraud', 'ok'];
  const of = (value: number) => measureNameFor(labels, counts, value);
  assert.is(of((12 / 135 + 1742 / 1865) / 2), 'macro F1');
  assert.is(of(12 / 135), 'F1 of "fraud"');
  assert.is(of(1742 / 1865), 'F1 of "ok"');
  assert.is(of(0.5), UNNAMED);
  assert.is(measureNameFor(labels, [], 0.5), UNNAMED);
  const perfect = [
    [1, 0],
    [0, 1],
  ];
  assert.is(measureNameFor(labels, perfect, 1), 'macro F1');
  assert.is(measureNameFor(labels, perfect, 1, { average: 'binary', positive: 'ok' }), 'F1 of "ok"');
});

averaging.run();
