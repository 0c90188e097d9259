import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytes, float, integer, message, text } from '../../../pipeline/onnx/protobuf.ts';
import {
  Input,
  readMessage,
  shape,
  float as wireFloat,
  int as wireInt,
  text as wireText,
} from '../../../registry-repo/onnx-scan/wire.ts';

const hex = (field: Uint8Array): string => Buffer.from(field).toString('hex');
const protobuf = suite('protobuf');

protobuf('writes whole numbers as the specification shows', () => {
  // The examples of https://protobuf.dev/programming-guides/encoding/, and the borders of a byte more.
  for (const [value, expected] of [
    [150, '089601'],
    [0, '0800'],
    [1, '0801'],
    [127, '087f'],
    [128, '088001'],
    [16_383, '08ff7f'],
    [16_384, '08808001'],
    [86_942, '089ea705'],
    [2 ** 31 - 1, '08ffffffff07'],
    [2 ** 31, '088080808008'],
    [2 ** 32, '088080808010'],
    [Number.MAX_SAFE_INTEGER, '08ffffffffffffff0f'],
    [-1, '08ffffffffffffffffff01'],
    [-2, '08feffffffffffffffff01'],
    [-(2 ** 31), '0880808080f8ffffffff01'],
    [Number.MIN_SAFE_INTEGER, '08818080808080 80f0ff01'.replace(' ', '')],
  ] as const)
    assert.is(hex(integer(1, value)), expected, `${value}`);
});

protobuf('writes texts, floats, messages and large field numbers', () => {
  assert.is(hex(text(2, 'testing')), '120774657374696e67');
  assert.is(hex(text(2, '')), '1200');
  assert.is(hex(text(1, 'é😀')), '0a06c3a9f09f9880');
  assert.is(hex(message(3, [integer(1, 150)])), '1a03089601');
  assert.is(hex(message(3, [])), '1a00');
  assert.is(hex(float(2, 1)), '150000803f');
  assert.is(hex(float(2, -0.5)), '15000000bf');
  assert.is(hex(integer(16, 1)), '800101');
  assert.is(hex(integer(2 ** 29 - 1, 1)), 'f8ffffff0f01');
  assert.is(hex(bytes(1, new Uint8Array(300))).slice(0, 6), '0aac02');
});

protobuf('refuses what is no whole number', () => {
  for (const value of [0.5, Number.NaN, Infinity])
    assert.throws(
      () => integer(1, value),
      (e: unknown) => e instanceof RangeError,
      `${value}`,
    );
});

protobuf('is read back by a reader that shares no code with it', () => {
  const read = shape('Test', { i: wireInt(1), t: wireText(2), f: wireFloat(3) });
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.string({ unit: 'grapheme' }), fc.float({ noNaN: true }), (i, t, f) => {
      const found = readMessage(read, new Input(Buffer.concat([integer(1, i), text(2, t), float(3, f)])));
      assert.equal([found.t, found.f], [t, f]);
      if (i >= 0 || Math.abs(i) < 2 ** 52) assert.is(found.i, i);
    }),
  );
});

protobuf.run();
