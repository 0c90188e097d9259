import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countPredictions, UnknownLabelError } from '../../../pipeline/evaluation/counts.ts';
import { ModelRefusedError } from '../../../registry-repo/errors.ts';
import type { Runtime } from '../../../registry-repo/runtime/runtime.ts';
import { rejects } from '../../support/rejects.ts';

/** A model whose answer to a text is the text: its probabilities, separated by spaces. */
function reading(labels: readonly string[]): Runtime & { calls: number[] } {
  const calls: number[] = [];
  return {
    labels,
    calls,
    async classify(texts) {
      calls.push(texts.length);
      return new Float32Array(texts.flatMap((text) => text.split(' ').map(Number)));
    },
    async release() {},
  };
}

const counts = suite('counting predictions');

counts('counts truth by answer, in the order of the labels', async () => {
  const rows = [
    { label: 'b', text: '0.1 0.8 0.1' },
    { label: 'b', text: '0.1 0.1 0.8' },
    { label: 'b', text: '0.1 0.1 0.8' },
    { label: 'a', text: '0.9 0.1 0' },
    { label: 'c', text: '0.9 0.1 0' },
  ];
  const { confusion } = await countPredictions(reading(['a', 'b', 'c']), rows);
  assert.equal(confusion, [
    [1, 0, 0],
    [0, 1, 2],
    [1, 0, 0],
  ]);
});

counts('of equal probabilities the first label wins', async () => {
  const rows = [
    { label: 'c', text: '0.2 0.4 0.4' },
    { label: 'c', text: '0.5 0 0.5' },
  ];
  assert.equal((await countPredictions(reading(['a', 'b', 'c']), rows)).confusion[2], [1, 1, 0]);
});

counts('a thousand rows go in small pieces, progress moves, and every answer is shown in order', async () => {
  const runtime = reading(['a', 'b']);
  const rows = Array.from({ length: 1000 }, (_, i) => ({
    label: i % 4 ? 'b' : 'a',
    text: `${i / 1000} ${1 - i / 1000}`,
  }));
  const progress: number[] = [];
  const seen: number[] = [];
  const { confusion } = await countPredictions(
    runtime,
    rows,
    (done, of) => {
      assert.is(of, 1000);
      progress.push(done);
    },
    ({ row, truth, predicted, probabilities }) => {
      seen.push(row);
      assert.equal([truth, predicted], [row % 4 ? 1 : 0, row / 1000 >= 0.5 ? 0 : 1]);
      assert.equal([...probabilities], [Math.fround(row / 1000), Math.fround(1 - row / 1000)]);
    },
  );
  assert.equal(confusion, [
    [125, 125],
    [375, 375],
  ]);
  assert.equal(
    seen,
    rows.map((_, i) => i),
  );
  assert.is(progress.at(-1), 1000);
  assert.ok(progress.length >= 3 && progress.every((done, i) => i === 0 || done > (progress[i - 1] as number)));
  assert.ok(Math.max(...runtime.calls) <= 256);
});

counts('no rows are no counts', async () => {
  assert.equal((await countPredictions(reading(['a', 'b']), [])).confusion, [
    [0, 0],
    [0, 0],
  ]);
});

counts('a label that the model does not know is refused before anything is classified, and named', async () => {
  const runtime = reading(['a', 'b']);
  const rows = [
    { label: 'a', text: '1 0' },
    { label: 'B', text: '1 0' },
    { label: 'toString', text: '1 0' },
  ];
  const error = await rejects(countPredictions(runtime, rows), UnknownLabelError);
  assert.is(error.code, 'unknown_label');
  assert.match(error.message, /row 2 .*"B", "toString".*knows "a", "b"/);
  assert.equal(runtime.calls, []);
});

counts('a model that answers nonsense is refused', async () => {
  const row = (text: string) => [{ label: 'a', text }];
  for (const text of ['NaN 1', 'Infinity 0', '1', '1 0 0'])
    await rejects(countPredictions(reading(['a', 'b']), row(text)), ModelRefusedError);
});

counts.run();
