import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Initializer } from '../../../pipeline/onnx/graph.ts';
import { quantize } from '../../../pipeline/onnx/quantize.ts';
import { vnniOf } from '../../../registry-repo/onnx-scan/byte-products.ts';
import { WireError } from '../../../registry-repo/onnx-scan/wire.ts';
import { COLUMNS, constantWeights, graphOfBytes, madeWhileRunning, WIDE } from '../../support/byte-products.ts';
import { goldenBytes } from '../../support/golden.ts';
import { bytes, type GraphParts, model, node, tensor, value, varint } from '../../support/onnx.ts';

const products = suite('products of bytes in a graph');

products('constant signed bytes beyond ±64 are faster with VNNI; smaller and unsigned ones need nothing', () => {
  for (const weight of [127, 65, -65, -128]) assert.is(vnniOf(constantWeights(weight)), 'faster', `${weight}`);
  for (const weight of [64, -64, 0]) assert.is(vnniOf(constantWeights(weight)), null, `${weight}`);
  assert.is(vnniOf(constantWeights(255, 'uint8')), null);
});

products('what `pawl quantize` makes: nothing by default and with seven bits', () => {
  for (const tiny of ['tiny-bert', 'tiny-distilbert'] as const) {
    const floats = goldenBytes(tiny, 'model.onnx');
    assert.is(vnniOf(floats), null);
    const made = (weights: 'unsigned' | 'seven-bits' | 'signed') =>
      vnniOf(quantize(floats, { embeddings: true, weights }).bytes);
    assert.equal([made('unsigned'), made('seven-bits'), made('signed')], [null, null, 'faster']);
  }
});

products('signed bytes that are made while the graph runs need VNNI', () => {
  assert.is(vnniOf(madeWhileRunning()), 'needed');
});

const signed: Initializer = {
  name: 'w',
  type: 'int8',
  dims: [COLUMNS, WIDE],
  data: new Int8Array(WIDE * COLUMNS).fill(100),
};
const one: Initializer = { name: 'one', type: 'float32', dims: [], data: Float32Array.of(1) };
const none: Initializer = { name: 'none', type: 'int8', dims: [], data: Int8Array.of(0) };
const small: Initializer = { ...signed, data: new Int8Array(WIDE * COLUMNS).fill(63) };
const turn = { op: 'Transpose', inputs: ['w'], outputs: ['turned'], attributes: { perm: [1, 0] } };

products('an arrangement of constants is a constant', () => {
  const nodes = [turn, { op: 'MatMulInteger', inputs: ['bytes', 'turned', 'zero'], outputs: ['y'] }];
  assert.is(vnniOf(graphOfBytes([signed], nodes)), 'faster');
  assert.is(vnniOf(graphOfBytes([small], nodes)), null);
});

products('operators that the runtime fuses with what makes floats of bytes', () => {
  const floats = [
    { op: 'DequantizeLinear', inputs: ['bytes', 'scale', 'zero'], outputs: ['xf'] },
    { op: 'DequantizeLinear', inputs: ['w', 'one', 'none'], outputs: ['wf'] },
  ];
  for (const op of ['MatMul', 'Gemm', 'Conv']) {
    const nodes = [...floats, { op, inputs: ['xf', 'wf'], outputs: ['y'] }];
    assert.is(vnniOf(graphOfBytes([signed, one, none], nodes)), 'faster', op);
    assert.is(vnniOf(graphOfBytes([small, one, none], nodes)), null, op);
  }
  const alone = [floats[1] as (typeof floats)[0], { op: 'MatMul', inputs: ['x', 'wf'], outputs: ['y'] }];
  assert.is(vnniOf(graphOfBytes([signed, one, none], alone)), null, 'floats by bytes are multiplied as floats');
});

products('QLinearMatMul and QLinearConv, and signed by signed', () => {
  const linear = (op: string, left: string) => ({
    op,
    inputs: [left, 'one', 'zero', 'w', 'one', 'none', 'one', 'none'],
    outputs: ['y'],
  });
  for (const op of ['QLinearMatMul', 'QLinearConv'])
    assert.is(vnniOf(graphOfBytes([signed, one, none], [linear(op, 'bytes')])), 'faster', op);
  const both = [
    { op: 'QuantizeLinear', inputs: ['x', 'one', 'none'], outputs: ['left'] },
    linear('QLinearMatMul', 'left'),
  ];
  assert.is(vnniOf(graphOfBytes([signed, one, none], both)), null);
});

const INT8 = 3;
const parts: GraphParts = {
  nodes: [node('DynamicQuantizeLinear', ['x'], ['b', 's', 'z']), node('MatMulInteger', ['b', 'w'], ['y'])],
  initializers: [],
  inputs: [value('x', 1, ['batch', 2])],
  outputs: [value('y', 6, ['batch', 1])],
};
const typed = (...numbers: number[]) =>
  tensor('w', [numbers.length, 1], INT8, null, bytes(5, ...numbers.map((n) => varint(n))));

products('bytes in their typed field count, and a default that a caller may change is no constant', () => {
  assert.is(vnniOf(model({ ...parts, initializers: [typed(-64, 64)] })), null);
  assert.is(vnniOf(model({ ...parts, initializers: [typed(1, -100)] })), 'faster');
  const given = [...parts.inputs, value('w', INT8, [2, 1])];
  assert.is(vnniOf(model({ ...parts, initializers: [typed(1, 2)], inputs: given })), 'needed');
  assert.is(vnniOf(model(parts)), 'needed', 'a value that nothing makes is not taken for a constant');
});

products('what is no model says so', () => {
  assert.is(vnniOf(new Uint8Array(0)), null);
  assert.throws(
    () => vnniOf(Buffer.from('rubbish')),
    (e: unknown) => e instanceof WireError,
  );
});

products.run();
