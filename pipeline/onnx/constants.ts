import type { Tensor } from '../../registry-repo/onnx-scan/messages.ts';

const FLOAT32 = 1;

/** The numbers of a float32 constant, row-major; null for a constant of another type. */
export function floatsOf(tensor: Tensor): Float32Array | null {
  if (tensor.dataType !== FLOAT32) return null;
  const parts = tensor.rawData ? [tensor.rawData] : tensor.floatData.parts;
  // A copy, because the place in the file need not be a multiple of four.
  const bytes = Uint8Array.from(Buffer.concat(parts));
  return new Float32Array(bytes.buffer, 0, bytes.length / 4);
}

/** How many numbers a constant has. */
export const sizeOf = ({ dims }: Tensor): number => dims.reduce((product, dim) => product * dim, 1);
