// A small encoder for tiny ONNX models, good and crafted. Field numbers are those of onnx.proto.

const utf8 = (text: string) => Buffer.from(text, 'utf8');

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

export const int = (field: number, value: number | bigint): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
export const bytes = (field: number, ...parts: readonly (Uint8Array | string)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? utf8(part) : part)));
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
};

export const FLOAT = 1;
export const INT64 = 7;

export const floats = (...values: number[]): Buffer => Buffer.from(new Float32Array(values).buffer);
export const int64s = (...values: (number | bigint)[]): Buffer =>
  Buffer.from(new BigInt64Array(values.map(BigInt)).buffer);

/** TensorProto. @param extra more fields, for crafted ones */
export const tensor = (
  name: string,
  dims: readonly (number | bigint)[],
  type: number,
  raw: Uint8Array | null,
  extra: Uint8Array = Buffer.alloc(0),
): Buffer =>
  Buffer.concat([...dims.map((d) => int(1, d)), int(2, type), bytes(8, name), ...(raw ? [bytes(9, raw)] : []), extra]);

/** AttributeProto of a whole number, a tensor or whole numbers. */
export const attribute = {
  int: (name: string, value: number) => Buffer.concat([bytes(1, name), int(3, value), int(20, 2)]),
  tensor: (name: string, value: Uint8Array) => Buffer.concat([bytes(1, name), bytes(5, value), int(20, 4)]),
  ints: (name: string, values: readonly number[]) =>
    Buffer.concat([bytes(1, name), ...values.map((v) => int(8, v)), int(20, 7)]),
  graph: (name: string, value: Uint8Array) => Buffer.concat([bytes(1, name), bytes(6, value), int(20, 5)]),
};

/** NodeProto. */
export const node = (
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { attributes = [] as readonly Uint8Array[], domain = '' } = {},
): Buffer =>
  Buffer.concat([
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, operator),
    ...attributes.map((a) => bytes(5, a)),
    ...(domain ? [bytes(7, domain)] : []),
  ]);

/** ValueInfoProto; a dimension is a size or a name. */
export const value = (name: string, type: number, shape: readonly (number | string)[]): Buffer => {
  const dims = shape.map((d) => bytes(1, typeof d === 'number' ? int(1, d) : bytes(2, d)));
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, int(1, type), bytes(2, ...dims)))]);
};

export type GraphParts = {
  nodes: readonly Uint8Array[];
  initializers?: readonly Uint8Array[];
  inputs: readonly Uint8Array[];
  outputs: readonly Uint8Array[];
  extra?: Uint8Array;
};

/** GraphProto. */
export const graph = ({ nodes, initializers = [], inputs, outputs, extra }: GraphParts): Buffer =>
  Buffer.concat([
    ...nodes.map((n) => bytes(1, n)),
    bytes(2, 'g'),
    ...initializers.map((t) => bytes(5, t)),
    ...inputs.map((v) => bytes(11, v)),
    ...outputs.map((v) => bytes(12, v)),
    ...(extra ? [extra] : []),
  ]);

/** ModelProto. */
export const model = (
  parts: GraphParts,
  {
    opset = 17,
    ir = 8,
    domains = {},
    extra,
  }: {
    opset?: number;
    ir?: number;
    domains?: Readonly<Record<string, number>>;
    extra?: Uint8Array;
  } = {},
): Buffer =>
  Buffer.concat([
    int(1, ir),
    bytes(2, 'pawl-test'),
    bytes(7, graph(parts)),
    bytes(8, int(2, opset)),
    ...Object.entries(domains).map(([domain, version]) => bytes(8, bytes(1, domain), int(2, version))),
    ...(extra ? [extra] : []),
  ]);
