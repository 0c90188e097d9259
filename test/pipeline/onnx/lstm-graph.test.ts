import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModelTooLargeError } from '../../../pipeline/onnx/errors.ts';
import { lstmContract, lstmGraph } from '../../../pipeline/onnx/lstm-graph.ts';
import { type RnnArchitecture, rnnParameterShapes } from '../../../pipeline/training/rnn/architecture.ts';
import type { Parameter } from '../../../pipeline/training/transformer/architecture.ts';
import { scanOnnx } from '../../../registry-repo/onnx-scan/scan.ts';
import { openSession } from '../../../registry-repo/runtime/session.ts';
import { fixture } from '../../support/paths.ts';

// A bidirectional LSTM as PyTorch computes it in float64, on three texts of 6, 4 and 1 words, with the words' own vectors as
// the table of embeddings, and the identity as head: what comes out is the text's vector itself.

const s = suite('the ONNX graph of an LSTM');

const file = readFileSync(fixture('golden/lstm/golden.safetensors'));
const headerEnd = 8 + Number(file.readBigUInt64LE());
const entries: Record<string, { shape: number[]; data_offsets: [number, number] }> = JSON.parse(
  file.toString('utf8', 8, headerEnd),
);

/** A tensor of the reference, which is trusted. */
function golden(name: string): { shape: number[]; data: Float64Array } {
  const { shape, data_offsets: at } = entries[name] as { shape: number[]; data_offsets: [number, number] };
  const copy = Uint8Array.from(file.subarray(headerEnd + at[0], headerEnd + at[1]));
  return { shape, data: new Float64Array(copy.buffer) };
}

const LENGTHS = [6, 4, 1];
const [B, L, E, U, S] = [3, 6, 5, 7, 14];
const architecture = (pooling: RnnArchitecture['pooling'], bidirectional = true): RnnArchitecture => ({
  ...{ vocabulary: B * L, width: E, units: U },
  ...{ bidirectional, pooling },
});

const floats = (shape: readonly number[], data: Iterable<number>): Parameter => ({
  shape,
  data: Float32Array.from(data),
});
const transposed = ({ shape: [rows = 0, columns = 0], data }: ReturnType<typeof golden>): Parameter =>
  floats(
    [columns, rows],
    data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number),
  );

function parametersOf(width = S): Map<string, Parameter> {
  const directions = [
    ['forward', ''],
    ['backward', '_reverse'],
  ].slice(0, width / U);
  const parameters = new Map([['embeddings/word', floats([B * L, E], golden('x').data)]]);
  for (const [direction, suffix] of directions) {
    const [own, recurrent] = [golden(`param/bias_ih_l0${suffix}`).data, golden(`param/bias_hh_l0${suffix}`).data];
    parameters.set(`lstm/${direction}/kernel`, transposed(golden(`param/weight_ih_l0${suffix}`)));
    parameters.set(`lstm/${direction}/recurrent`, transposed(golden(`param/weight_hh_l0${suffix}`)));
    parameters.set(
      `lstm/${direction}/bias`,
      floats(
        [4 * U],
        own.map((x, i) => x + (recurrent[i] as number)),
      ),
    );
  }
  const identity = Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 1 : 0));
  parameters.set('head/output/kernel', floats([width, width], identity));
  return parameters.set('head/output/bias', floats([width], new Array<number>(width).fill(0)));
}

/** Vectors of the three texts in batches of so many words; [B, S]. */
async function vectors(a: RnnArchitecture, { texts = [0, 1, 2], columns = L } = {}): Promise<number[][]> {
  const width = a.bidirectional ? S : U;
  const session = await openSession(lstmGraph(a, parametersOf(width), width), lstmContract(width), 1);
  const lengths = texts.map((t) => LENGTHS[t] as number);
  const cells = (of: (text: number, at: number, length: number) => number) => ({
    data: Int32Array.from(
      texts.flatMap((text, i) => Array.from({ length: columns }, (_, at) => of(text, at, lengths[i] as number))),
    ),
    rows: texts.length,
    columns,
  });
  try {
    const found = await session.run({
      input_ids: cells((text, at, length) => (at < length ? text * L + at : 0)),
      attention_mask: cells((_, at, length) => (at < length ? 1 : 0)),
    });
    return texts.map((_, i) => [...found.subarray(i * width, (i + 1) * width)]);
  } finally {
    await session.release();
  }
}

/** What PyTorch gives at every word of a text. */
const statesOf = (text: number): number[][] =>
  Array.from({ length: LENGTHS[text] as number }, (_, at) => {
    const from = (text * L + at) * S;
    return [...golden('output').data.subarray(from, from + S)];
  });

const EXPECTED: Record<RnnArchitecture['pooling'], (text: number) => number[]> = {
  last: (text) => {
    const h = golden('h').data; // [2, B, U]
    return [0, 1].flatMap((d) => [...h.subarray((d * B + text) * U, (d * B + text + 1) * U)]);
  },
  mean: (text) =>
    Array.from({ length: S }, (_, i) => statesOf(text).reduce((sum, state) => sum + (state[i] as number), 0)).map(
      (sum) => sum / (LENGTHS[text] as number),
    ),
  max: (text) => Array.from({ length: S }, (_, i) => Math.max(...statesOf(text).map((state) => state[i] as number))),
};

function close(actual: readonly number[][], expected: readonly number[][]): void {
  assert.is(actual.length, expected.length);
  const off = actual.flatMap((row, i) => row.map((x, j) => Math.abs(x - (expected[i]?.[j] ?? Number.NaN))));
  assert.ok(
    off.every((x) => x < 1e-6),
    `off by ${Math.max(...off)}`,
  );
}

for (const pooling of ['last', 'mean', 'max'] as const) {
  s(`${pooling}: gives PyTorch's states`, async () => {
    close(await vectors(architecture(pooling)), [0, 1, 2].map(EXPECTED[pooling]));
  });

  s(`${pooling}: neither padding nor the other texts of a batch move an answer`, async () => {
    const a = architecture(pooling);
    const together = await vectors(a, { columns: 16 });
    for (const text of [0, 1, 2])
      close(await vectors(a, { texts: [text], columns: LENGTHS[text] as number }), [together[text] as number[]]);
  });

  s(`${pooling}: a row without a single word gives numbers`, async () => {
    const session = await openSession(lstmGraph(architecture(pooling), parametersOf(), S), lstmContract(S), 1);
    const zeros = { data: new Int32Array(8), rows: 1, columns: 8 };
    const found = await session.run({ input_ids: zeros, attention_mask: zeros });
    await session.release();
    assert.ok(found.every(Number.isFinite), `${found}`);
  });
}

s('one direction alone', async () => {
  const expected = [0, 1, 2].map((text) => EXPECTED.last(text).slice(0, U));
  close(await vectors(architecture('last', false)), expected);
});

s('the same parameters give the same bytes, and a registry accepts them', () => {
  for (const pooling of ['last', 'mean', 'max'] as const) {
    const bytes = lstmGraph(architecture(pooling), parametersOf(), S);
    assert.equal(lstmGraph(architecture(pooling), parametersOf(), S), bytes);
    assert.equal(scanOnnx(bytes, lstmContract(S)), []);
  }
});

s('parameters that do not fit are named', () => {
  const parameters = parametersOf();
  parameters.delete('lstm/backward/bias');
  parameters.set('head/output/kernel', floats([S, 2], new Array<number>(2 * S).fill(0)));
  assert.throws(
    () => lstmGraph(architecture('last'), parameters, S),
    (error: Error) =>
      error instanceof RangeError &&
      error.message.includes('lstm/backward/bias is missing, not [28]') &&
      error.message.includes('head/output/kernel is [14, 2], not [14, 14]'),
  );
});

s('a table beyond 2 GiB is refused by its shape, before anything is copied', () => {
  const a = { ...architecture('last'), vocabulary: 2_000_000, width: 300 };
  const parameters = new Map(
    [...rnnParameterShapes(a, 2)].map(([name, shape]) => [name, { shape, data: new Float32Array(0) }]),
  );
  assert.throws(
    () => lstmGraph(a, parameters, 2),
    (error: Error) => error instanceof ModelTooLargeError,
  );
});

s.run();
