import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Parameter } from '../../../../pipeline/onnx/architecture.ts';
import { WeightsError } from '../../../../pipeline/training/transformer/errors.ts';
import { loadSafetensors, readSafetensors } from '../../../../pipeline/training/transformer/safetensors.ts';
import { saveSafetensors, writeSafetensors } from '../../../../pipeline/training/transformer/safetensors-writer.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import { goldenBytes, goldenFile } from '../../../support/golden.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { rejects } from '../../../support/rejects.ts';

/** A file with this header, as text or value, and so many bytes after it. */
function file(header: unknown, data: Uint8Array | number = 0): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, typeof data === 'number' ? Buffer.alloc(data) : data]);
}

const tensor = (dtype: string, shape: readonly number[], from: number, to: number) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

const numbers = (map: ReadonlyMap<string, Parameter>) =>
  [...map].map(([name, { shape, data }]) => [name, [...shape], [...data]]);

const safetensors = suite('safetensors');

safetensors('what was written is read again, to the bit', () => {
  const parameter = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc.float32Array({ minLength: size, maxLength: size }).map((data) => ({ shape, data }));
  });
  const name = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => s !== '__metadata__');
  const tensors = fc.uniqueArray(fc.tuple(name, parameter), { selector: ([n]) => n, maxLength: 6 });
  fc.assert(
    fc.property(tensors, (entries) => {
      const written = new Map(entries);
      assert.equal(numbers(readSafetensors(writeSafetensors(written, { step: '6' }))).sort(), numbers(written).sort());
    }),
    { numRuns: 200 },
  );
});

safetensors('half, brain and double floats become float32', () => {
  const half = Buffer.from(
    Uint16Array.from([0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000, 0x7c00, 0xfc00, 0x7e00]).buffer,
  );
  const brain = Buffer.from(Uint16Array.from([0x3f80, 0xc0a0, 0x7f80]).buffer);
  const double = Buffer.from(Float64Array.from([0.1, -1e300]).buffer);
  const header = { h: tensor('F16', [9], 0, 18), b: tensor('BF16', [3], 18, 24), d: tensor('F64', [2], 24, 40) };
  const found = readSafetensors(file(header, Buffer.concat([half, brain, double])));
  const wanted = [1, -2, 0.333251953125, 2 ** -24, 65504, -0, Infinity, -Infinity, NaN];
  assert.ok([...(found.get('h')?.data ?? [])].every((value, i) => Object.is(value, wanted[i])));
  assert.equal([...(found.get('b')?.data ?? [])], [1, -5, Infinity]);
  assert.equal([...(found.get('d')?.data ?? [])], [Math.fround(0.1), -Infinity]);
});

safetensors('whole numbers are left out, and checked all the same', () => {
  const header = { ids: tensor('I64', [1, 3], 0, 24), x: tensor('F32', [], 24, 28) };
  assert.equal([...readSafetensors(file(header, 28)).keys()], ['x']);
  assert.throws(() => readSafetensors(file({ ids: tensor('I64', [1, 3], 0, 20) }, 20)), /needs 24 bytes/);
});

const REFUSED: readonly (readonly [why: string, bytes: Uint8Array, message: RegExp])[] = [
  ['nothing', Buffer.alloc(0), /ends before its header/],
  ['half a length', Buffer.alloc(7), /ends before its header/],
  ['no header', Buffer.alloc(8), /cut off or damaged/],
  ['a header longer than the file', file({}).fill(200, 0, 1), /cut off or damaged/],
  ['a header of 2⁶⁴ bytes', Buffer.alloc(64, 255), /a header of/],
  ['no JSON', file('{"a":'), /no JSON/],
  ['a list', file('[]'), /does not begin with \{/],
  ['spaces first', file(' {}'), /does not begin with \{/],
  ['no UTF-8', file(Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1')).fill(0xff, 9, 10), /no JSON/],
  [
    'a name twice',
    file(
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      1,
    ),
    /a twice/,
  ],
  [
    'a key of a tensor twice',
    file('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1),
    /dtype twice/,
  ],
  ['a key twice, far from its colon', file(`{"a":{"dtype":"U8","dtype"${' '.repeat(500)}:"I8"}}`, 1), /dtype twice/],
  ['a name of megabytes', file(`{"${'a'.repeat(3e6)}":1}`), /too long a name/],
  ['a header that is too long for anything', file(`{"${'a'.repeat(5e6)}":1}`), /a header of 5000006 bytes/],
  ['a value in itself in itself', file(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`), /^a /],
  ['a type that is not known', file({ a: tensor('F12', [1], 0, 4) }, 4), /a dtype has a type that is not known/],
  ['a negative size', file({ a: tensor('F32', [-1, -1], 0, 4) }, 4), /a shape\.0/],
  ['a size that is no whole number', file({ a: tensor('F32', [0.5, 2], 0, 4) }, 4), /a shape\.0/],
  ['a size beyond all numbers', file({ a: tensor('F32', [2 ** 40, 2 ** 40], 0, 4) }, 4), /impossible shape/],
  ['a size that overflows to nothing', file({ a: tensor('U8', [2 ** 32, 2 ** 32], 0, 0) }), /impossible shape/],
  ['too few bytes', file({ a: tensor('F32', [2], 0, 4) }, 4), /a needs 8 bytes as F32\[2\], its offsets give it 4/],
  ['offsets that go back', file({ a: tensor('F32', [0], 4, 0) }, 4), /its offsets give it -4/],
  ['offsets past the end', file({ a: tensor('F32', [2], 0, 8) }, 4), /the file has \d+: it is cut off/],
  [
    'tensors that overlap',
    file({ a: tensor('F32', [1], 0, 4), b: tensor('F32', [1], 2, 6) }, 6),
    /b lies over another/,
  ],
  [
    'one tensor in another',
    file({ a: tensor('F32', [2], 0, 8), b: tensor('F32', [1], 4, 8) }, 8),
    /b lies over another/,
  ],
  [
    'a hole',
    file({ a: tensor('F32', [1], 0, 4), b: tensor('F32', [1], 8, 12) }, 12),
    /4 bytes before b belong to no tensor/,
  ],
  ['bytes at the end', file({ a: tensor('F32', [1], 0, 4) }, 5), /1 bytes at the end/],
  ['more keys', file({ a: { ...tensor('F32', [1], 0, 4), evil: 1 } }, 4), /evil/],
  ['metadata that is no text', file({ __metadata__: { a: 1 } }), /__metadata__/],
  ['a tensor that is no object', file({ a: 7 }), /^a /],
  [
    'a name that every object has',
    file('{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4),
    /__proto__ needs/,
  ],
  ['a very long name', file({ ['a'.repeat(501)]: tensor('F32', [], 0, 4) }, 4), /too long a name/],
  ['a name that moves the cursor', file({ 'a\u001b[2J': tensor('F32', [], 0, 3) }, 3), /^a\?\[2J needs/],
];

for (const [why, bytes, message] of REFUSED)
  safetensors(`refused: ${why}`, () => {
    const outcome = (() => {
      try {
        return readSafetensors(bytes);
      } catch (error) {
        return error;
      }
    })();
    assert.instance(outcome, RangeError);
    assert.match((outcome as Error).message, message);
  });

safetensors('whatever is changed in a file, it is refused or read whole', () => {
  const good = writeSafetensors(
    new Map([
      ['a', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['b', { shape: [1], data: Float32Array.of(5) }],
    ]),
  );
  const change = fc.oneof(
    fc.tuple(fc.constant('set'), fc.nat(good.length - 1), fc.nat(255)),
    fc.tuple(fc.constant('cut'), fc.nat(good.length), fc.constant(0)),
    fc.tuple(fc.constant('add'), fc.nat(20), fc.nat(255)),
    // Digits of shapes and offsets are where the harm is.
    fc.tuple(fc.constant('set'), fc.nat(good.length - 1), fc.integer({ min: 0x2c, max: 0x3a })),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let bytes = Buffer.from(good);
      for (const [kind, at, value] of changes) {
        if (kind === 'set' && at < bytes.length) bytes[at] = value;
        if (kind === 'cut') bytes = bytes.subarray(0, at);
        if (kind === 'add') bytes = Buffer.concat([bytes, Buffer.alloc(at, value)]);
      }
      try {
        for (const { shape, data } of readSafetensors(bytes).values())
          assert.is(
            shape.reduce((a, b) => a * b, 1),
            data.length,
          );
      } catch (error) {
        assert.instance(error, RangeError);
      }
    }),
    { numRuns: 3000 },
  );
});

const all = { choose: () => new Map<string, (tensor: Parameter) => void>() };

safetensors('a file is read in one pass: digest of all of it, numbers of what was chosen', async () => {
  const kept = new Map<string, Parameter>();
  const steps: number[] = [];
  const digest = await loadSafetensors(goldenFile('tiny-bert', 'model.safetensors'), {
    choose: ({ tensors }) =>
      new Map(tensors.slice(3, 6).map(({ name }) => [name, (value) => void kept.set(name, value)])),
    progress: (done) => steps.push(done),
  });
  const bytes = goldenBytes('tiny-bert', 'model.safetensors');
  const whole = readSafetensors(bytes);
  assert.is(digest, digestOf(bytes));
  assert.is(kept.size, 3);
  for (const [name, { data }] of kept) assert.equal(data, whole.get(name)?.data);
  assert.is(steps.at(-1), bytes.length);
});

safetensors('what cannot be read is named', async () => {
  const folder = temporaryFolder();
  const missing = await rejects(loadSafetensors(join(folder, 'x'), all), WeightsError);
  assert.match(missing.message, /cannot read .*x \(ENOENT\)/);
  assert.match((await rejects(loadSafetensors(folder, all), WeightsError)).message, /not a file/);
  writeFileSync(join(folder, 'cut'), goldenBytes('tiny-bert', 'model.safetensors').subarray(0, 100_000));
  assert.match(
    (await rejects(loadSafetensors(join(folder, 'cut'), all), WeightsError)).message,
    /cut: .*it is cut off/,
  );
});

safetensors('a reading stops when told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const error = await rejects(loadSafetensors(goldenFile('tiny-bert', 'model.safetensors'), { ...all, signal }), Error);
  assert.is(error.message, 'enough');
});

safetensors('a saved file replaces the one before, whole, and its numbers begin at a multiple of 8', async () => {
  const file = join(temporaryFolder(), 'deep', 'model.safetensors');
  const tensors = (value: number) => new Map([['weights', { shape: [3], data: Float32Array.of(value, 2, 3) }]]);
  await saveSafetensors(file, tensors(1));
  await saveSafetensors(file, tensors(7), { step: '2' });
  const bytes = readFileSync(file);
  assert.ok(bytes.equals(writeSafetensors(tensors(7), { step: '2' })));
  assert.is(bytes.readUInt32LE(0) % 8, 0);
  assert.equal([...(readSafetensors(bytes).get('weights')?.data ?? [])], [7, 2, 3]);
  assert.throws(() => writeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1) }]])), /a has 1 numbers/);
});

safetensors.run();
