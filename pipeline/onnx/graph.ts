import { bytes, type Field, float, integer, message, text } from './protobuf.ts';

// The part of ONNX that Pawl's exporters write. Field numbers are those of onnx/onnx.proto (ONNX 1.16, IR 10).

const IR_VERSION = 8;

/** Element types of tensors: their number in `TensorProto.DataType`, and the array that holds them. */
const ELEMENTS = {
  float32: { code: 1, of: Float32Array },
  uint8: { code: 2, of: Uint8Array },
  int8: { code: 3, of: Int8Array },
  int32: { code: 6, of: Int32Array },
  int64: { code: 7, of: BigInt64Array },
} as const;
export type ElementType = keyof typeof ELEMENTS;

/** A constant of the graph: `data` row-major, its length the product of `dims`. */
export type Initializer = {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;
};

/** An input or output; a dimension is a size, or the name of one that is free. */
export type ValueInfo = {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
};

export type OperatorNode = {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers, or lists of them; `{ float }` for a float; texts. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
};

export type Attribute = number | readonly number[] | { readonly float: number } | string;

export type OnnxGraph = {
  readonly name: string;
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly OperatorNode[];
};

/**
 * The bytes of a model file; the same graph gives the same bytes.
 *
 * @throws {RangeError} for a tensor whose data does not fill its dimensions, or has another type than it says
 */
export function encodeModel({ name, opset, inputs, outputs, initializers, nodes }: OnnxGraph): Uint8Array {
  const graph = [
    ...nodes.map(node),
    text(2, name),
    ...initializers.map(tensor),
    ...inputs.map((value) => valueInfo(11, value)),
    ...outputs.map((value) => valueInfo(12, value)),
  ];
  const operatorSet = message(8, [text(1, ''), integer(2, opset)]);
  return Buffer.concat([integer(1, IR_VERSION), text(2, 'pawl'), message(7, graph), operatorSet]);
}

/** A field of a graph: one operator. */
export function node({ op, inputs, outputs, attributes = {} }: OperatorNode): Field {
  return message(1, [
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, outputs[0] ?? op),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => message(5, [text(1, name), ...attribute(value)])),
  ]);
}

function attribute(value: Attribute): Field[] {
  if (typeof value === 'string') return [text(4, value), integer(20, 3)];
  if (typeof value === 'number') return [integer(3, value), integer(20, 2)];
  if ('float' in value) return [float(2, value.float), integer(20, 1)];
  return [...value.map((item) => integer(8, item)), integer(20, 7)];
}

/** A field of a graph: one constant. @throws {RangeError} */
export function tensor({ name, type, dims, data }: Initializer): Field {
  const { code, of } = ELEMENTS[type];
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (!(data instanceof of))
    throw new RangeError(`${name} is said to hold ${type}, but holds ${data.constructor.name}`);
  if (data.length !== size || dims.some((dim) => !Number.isInteger(dim) || dim < 0))
    throw new RangeError(`${name} has ${data.length} numbers for [${dims.join(', ')}]`);
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return message(5, [...dims.map((dim) => integer(1, dim)), integer(2, code), text(8, name), bytes(9, raw)]);
}

function valueInfo(field: number, { name, type, shape }: ValueInfo): Field {
  const dims = shape.map((dim) => message(1, [typeof dim === 'number' ? integer(1, dim) : text(2, dim)]));
  const tensorType = message(1, [integer(1, ELEMENTS[type].code), message(2, dims)]);
  return message(field, [text(1, name), message(2, [tensorType])]);
}
