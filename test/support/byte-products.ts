import { encodeModel, type Initializer, type OperatorNode } from '../../pipeline/onnx/graph.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';

// Small graphs that multiply bytes by bytes.

/** Columns of the left side; enough pairs for every kernel. */
export const WIDE = 64;
export const COLUMNS = 16;

export const byteProductContract: Manifest['contract'] = {
  inputs: [{ name: 'x', type: 'float32', shape: ['batch', WIDE] }],
  output: { name: 'y', type: 'float32', shape: ['batch', COLUMNS] },
};

/** x [B, 64] → y [B, 16]; DynamicQuantizeLinear makes `bytes`, `scale` and `zero` of x. */
export const graphOfBytes = (initializers: readonly Initializer[], nodes: readonly OperatorNode[]): Uint8Array =>
  encodeModel({
    name: 'bytes',
    opset: 17,
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', WIDE] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['batch', COLUMNS] }],
    initializers,
    nodes: [{ op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['bytes', 'scale', 'zero'] }, ...nodes],
  });

const toFloats: OperatorNode = { op: 'Cast', inputs: ['whole'], outputs: ['y'], attributes: { to: 1 } };

/** Every weight is `weight`; the sums themselves come out. */
export const constantWeights = (weight: number, type: 'int8' | 'uint8' = 'int8'): Uint8Array => {
  const data = new (type === 'int8' ? Int8Array : Uint8Array)(WIDE * COLUMNS).fill(weight);
  return graphOfBytes(
    [{ name: 'w', type, dims: [WIDE, COLUMNS], data }],
    [{ op: 'MatMulInteger', inputs: ['bytes', 'w'], outputs: ['whole'] }, toFloats],
  );
};

/**
 * The signed bytes are computed from the input while the graph runs, so no runtime can rewrite them when it loads the
 * graph.
 */
export const madeWhileRunning = (): Uint8Array =>
  graphOfBytes(
    [
      { name: 'one', type: 'float32', dims: [], data: Float32Array.of(1 / 127) },
      { name: 'none', type: 'int8', dims: [], data: Int8Array.of(0) },
    ],
    [
      { op: 'QuantizeLinear', inputs: ['x', 'one', 'none'], outputs: ['signed'] },
      { op: 'Transpose', inputs: ['signed'], outputs: ['w'], attributes: { perm: [1, 0] } },
      { op: 'MatMulInteger', inputs: ['bytes', 'w'], outputs: ['whole'] },
      toFloats,
    ],
  );
