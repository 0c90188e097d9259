import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { batchesOf } from '../../../registry-repo/runtime/batches.ts';
import { type Encoder, eighths, multiplesOf } from '../../../registry-repo/runtime/encoded-text.ts';

const MOST = 1 << 18;

/** A text `7` has seven numbers, all 7; shorter rows are filled with -1. */
const lengths: Encoder = {
  encode: (text) => ({ x: new Int32Array(Number(text)).fill(Number(text)) }),
  inputs: { x: { filler: -1, width: multiplesOf(1), cells: MOST } },
};
/** The bound on numbers, for so many labels. */
const mostFor = (labels: number) => Math.min(MOST, (1 << 20) / labels);

const batches = suite('batches');

batches('have every text once, with its own numbers and nothing else', () => {
  const length = fc.oneof(fc.nat(20), fc.nat(3000), fc.constantFrom(0, 1, 100_000, MOST, MOST + 1));
  fc.assert(
    fc.property(fc.array(length, { maxLength: 60 }), fc.constantFrom(2, 4, 5, 300), (sizes, labels) => {
      const seen: number[] = [];
      for (const { rows, feeds } of batchesOf(lengths, sizes.map(String), labels)) {
        const { data, rows: count, columns } = feeds.x as (typeof feeds)[string];
        assert.equal([count, data.length], [rows.length, rows.length * columns]);
        assert.ok(rows.length > 0);
        assert.ok(rows.length === 1 || data.length <= mostFor(labels), `${data.length} numbers in ${rows.length} rows`);
        assert.is(columns, Math.max(1, ...rows.map((row) => sizes[row] as number)), 'no wider than its longest text');
        rows.forEach((row, i) => {
          const own = data.subarray(i * columns, (i + 1) * columns);
          const size = sizes[row] as number;
          const right = own.every((value, at) => value === (at < size ? size : -1));
          assert.ok(right, `row ${i} is that of text ${row}`);
        });
        seen.push(...rows);
      }
      assert.equal(
        seen.sort((a, b) => a - b),
        sizes.map((_, i) => i),
      );
    }),
    { numRuns: 60 },
  );
});

batches('waste little on texts of very different lengths', () => {
  const sizes = Array.from({ length: 2000 }, (_, i) => (i % 100 === 0 ? 20_000 : 10));
  let cells = 0;
  for (const { feeds } of batchesOf(lengths, sizes.map(String), 2)) cells += feeds.x?.data.length ?? 0;
  const needed = sizes.reduce((a, b) => a + b, 0);
  assert.ok(cells < 2 * needed, `${cells} numbers for ${needed}`);
});

batches('of a graph that is not row-wise are single texts', () => {
  const found = [...batchesOf(lengths, ['3', '1', '3'], 2, 1)];
  assert.equal(
    found.map(({ rows }) => rows),
    [[1], [0], [2]],
  );
});

batches('eighths grow with what they hold, and waste an eighth at most', () => {
  for (let n = 0; n < 5000; n++) {
    const [own, next] = [eighths(n), eighths(n + 1)];
    assert.ok(own >= Math.max(1, n) && own <= next && own <= Math.max(1, (n * 9) / 8), `${n}: ${own}`);
  }
  assert.ok(new Set(Array.from({ length: 4096 }, (_, n) => eighths(n + 1))).size < 90);
});

batches('of no texts are none; an empty text has one filler', () => {
  assert.equal([...batchesOf(lengths, [], 2)], []);
  assert.equal(
    [...batchesOf(lengths, ['0'], 2)],
    [{ rows: [0], feeds: { x: { data: Int32Array.of(-1), rows: 1, columns: 1 } } }],
  );
});

/** A text `3 50` has three tokens and fifty n-grams. */
const both: Encoder = {
  encode: (text) => {
    const [tokens, ngrams] = text.split(' ').map(Number) as [number, number];
    return { tokens: new Int32Array(tokens).fill(1), ngrams: new Int32Array(ngrams).fill(2) };
  },
  inputs: {
    tokens: { filler: 0, width: multiplesOf(8), cells: 4096 },
    ngrams: { filler: 9, width: eighths, cells: MOST },
  },
};

batches('give every input a width, a bucket, a filler and a bound of its own', () => {
  const size = fc.tuple(fc.nat(256), fc.oneof(fc.nat(2000), fc.constantFrom(0, 100_000, MOST + 1)));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 60 }), (sizes) => {
      const texts = sizes.map((pair) => pair.join(' '));
      const seen: number[] = [];
      for (const { rows, feeds } of batchesOf(both, texts, 2)) {
        Object.entries(both.inputs).forEach(([name, { filler, width, cells }], input) => {
          const { data, columns } = feeds[name] as (typeof feeds)[string];
          const own = rows.map((row) => sizes[row]?.[input] as number);
          for (const count of own) assert.is(columns, width(count), 'as wide as each of its texts asks for');
          assert.ok(rows.length === 1 || rows.length * Math.max(...own) <= cells);
          own.forEach((count, i) => {
            const row = data.subarray(i * columns, (i + 1) * columns);
            assert.ok(row.every((value, at) => value === (at < count ? input + 1 : filler)));
          });
        });
        seen.push(...rows);
      }
      assert.equal(
        seen.sort((a, b) => a - b),
        sizes.map((_, i) => i),
      );
    }),
    { numRuns: 60 },
  );
});

batches('waste few tokens, whatever the n-grams beside them, and few n-grams on texts that are cut', () => {
  const sizes = Array.from({ length: 2000 }, (_, i) => [8 + (i % 32) * 8, 100 + ((i * 7919) % 2000)] as const);
  const cut = sizes.map(([, ngrams]) => [256, ngrams] as const);
  const cells = { tokens: 0, ngrams: 0 };
  const count = (of: readonly (readonly [number, number])[], which: keyof typeof cells) => {
    for (const { feeds } of batchesOf(
      both,
      of.map((pair) => pair.join(' ')),
      2,
    ))
      cells[which] += feeds[which]?.data.length as number;
    return cells[which] / of.reduce((sum, pair) => sum + pair[which === 'tokens' ? 0 : 1], 0);
  };
  assert.ok(count(sizes, 'tokens') < 1.1, `${cells.tokens} tokens`);
  assert.ok(count(cut, 'ngrams') < 1.1, `${cells.ngrams} n-grams`);
});

batches.run();
