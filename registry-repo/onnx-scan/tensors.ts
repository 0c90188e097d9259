import type { Tensor } from './messages.ts';
import { Input } from './wire.ts';

type Store = 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';

/** Element types of onnx.proto: bits of an element, and the field its data is in if it is not raw. */
const TYPES: ReadonlyMap<number, readonly [bits: number, store: Store | null]> = new Map([
  [1, [32, 'floatData']], // float
  [2, [8, 'int32Data']], // uint8
  [3, [8, 'int32Data']], // int8
  [4, [16, 'int32Data']], // uint16
  [5, [16, 'int32Data']], // int16
  [6, [32, 'int32Data']], // int32
  [7, [64, 'int64Data']], // int64
  [9, [8, 'int32Data']], // bool
  [10, [16, 'int32Data']], // float16
  [11, [64, 'doubleData']], // double
  [12, [32, 'uint64Data']], // uint32
  [13, [64, 'uint64Data']], // uint64
  [16, [16, 'int32Data']], // bfloat16
  [21, [4, null]], // uint4
  [22, [4, null]], // int4
]);

const STORES: readonly Store[] = ['floatData', 'int32Data', 'int64Data', 'doubleData', 'uint64Data'];
const MAX_DIMS = 8;

/** What is wrong with a tensor's type, shape and data, as a code and a sentence; null if the bytes are really there. */
export function tensorProblem(tensor: Tensor): [code: string, message: string] | null {
  if (tensor.dataLocation !== null && tensor.dataLocation !== 0)
    return ['external-data', 'its data is said to be in another file'];
  const type = TYPES.get(tensor.dataType ?? 0);
  if (!type) return ['tensor-type', `element type ${tensor.dataType ?? 0} is not allowed`];
  const elements = elementsOf(tensor.dims);
  if (elements === null) return ['tensor-shape', `a shape of [${tensor.dims.slice(0, 10).join(', ')}] is none`];
  const [bits, own] = type;
  const used = STORES.filter((store) => tensor[store].count > 0);
  if (tensor.rawData !== null) {
    if (used.length > 0) return ['tensor-data', 'its data is there twice'];
    const expected = Math.ceil((elements * bits) / 8);
    return expected === tensor.rawData.length ? null : sizeProblem(expected, tensor.rawData.length, 'bytes');
  }
  if (used.some((store) => store !== own)) return ['tensor-data', 'its data is in the field of another type'];
  const count = own === null ? 0 : tensor[own].count;
  return count === elements ? null : sizeProblem(elements, count, 'elements');
}

const sizeProblem = (expected: number, found: number, unit: string): [string, string] => [
  'tensor-size',
  `its shape needs ${expected} ${unit}, ${found} are there`,
];

/** Product of dimensions, or null where they are no shape or overflow. */
function elementsOf(dims: readonly number[]): number | null {
  if (dims.length > MAX_DIMS) return null;
  let product = 1;
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) return null;
    product *= dim;
    if (!Number.isSafeInteger(product)) return null;
  }
  return product;
}

const MAX_VALUES = 64;

/** The values of a small int64 or int32 tensor; null for others. */
export function smallInts(tensor: Tensor): number[] | null {
  const elements = elementsOf(tensor.dims);
  if (elements === null || elements > MAX_VALUES || tensorProblem(tensor)) return null;
  const size = tensor.dataType === 7 ? 8 : tensor.dataType === 6 ? 4 : null;
  if (size === null) return null;
  if (tensor.rawData) {
    const { view } = new Input(tensor.rawData);
    return Array.from({ length: elements }, (_, i) =>
      size === 8 ? Number(view.getBigInt64(i * 8, true)) : view.getInt32(i * 4, true),
    );
  }
  const { parts } = size === 8 ? tensor.int64Data : tensor.int32Data;
  return parts.flatMap((part) => {
    const input = new Input(part);
    const values: number[] = [];
    while (input.at < input.end) values.push(input.varint());
    return values;
  });
}
