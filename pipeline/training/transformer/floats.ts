import type { Dtype } from './safetensors-header.ts';

/** Types of real numbers that can be read. */
export const isReal = (dtype: Dtype): boolean => ['F32', 'F16', 'BF16', 'F64'].includes(dtype);

/**
 * Converts real numbers to float32; those of 64 bits are rounded.
 *
 * @param bytes little-endian, the whole of a buffer, which may become the result's
 */
export function toFloat32(dtype: Dtype, bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset } = bytes;
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, bytes.length / 4);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer, byteOffset, bytes.length / 8));
  const words = new Uint16Array(buffer, byteOffset, bytes.length / 2);
  if (dtype === 'F16') return Float32Array.from(words, halfToNumber);
  if (dtype !== 'BF16') throw new RangeError(`${dtype} is no type of real numbers`);
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = (words[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16, by its bits. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
