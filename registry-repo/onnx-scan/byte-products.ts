import { INT8, type Known, knownValues, UINT8 } from './element-types.ts';
import { type Graph, type Model, ModelShape, type Node, type Tensor } from './messages.ts';
import { Input, readMessage } from './wire.ts';

/**
 * What VNNI means for a graph on x86. `faster`: without it the runtime rewrites constant weights when it loads the
 * graph; answers are the same. `needed`: without it sums of products of bytes overflow, and answers are wrong. Null:
 * nothing.
 */
export type Vnni = 'faster' | 'needed' | null;

/** Two products of an unsigned byte with a byte up to this still fit into 16 bits: 2 · 255 · 64 < 2¹⁵. */
const MOST = 64;

/** Which operands the standard operators multiply: bytes themselves, or what `DequantizeLinear` makes of bytes. */
const BYTES: ReadonlyMap<string, readonly [left: number, right: number]> = new Map([
  ['MatMulInteger', [0, 1]],
  ['ConvInteger', [0, 1]],
  ['QLinearMatMul', [0, 3]],
  ['QLinearConv', [0, 3]],
]);
/** The runtime fuses these with the `DequantizeLinear` before them. */
const FLOATS: ReadonlySet<string> = new Set(['MatMul', 'Gemm', 'Conv']);

/**
 * Finds products of unsigned and signed bytes in a model file. Quantized operators of other domains are not known here:
 * no scan accepts them.
 *
 * @throws {WireError} if the bytes are no ONNX model
 */
export function vnniOf(bytes: Uint8Array): Vnni {
  const { graph }: Model = readMessage(ModelShape, new Input(bytes));
  if (!graph) return null;
  const within = onceEach(isWithin);
  const found = productsOf(graph).map(([left, right]) => need(left, right, within));
  if (found.includes('needed')) return 'needed';
  return found.includes('faster') ? 'faster' : null;
}

function productsOf(graph: Graph): (readonly [Known, Known])[] {
  const wanted = graph.nodes.filter(({ operator }) => BYTES.has(operator ?? '') || FLOATS.has(operator ?? ''));
  if (wanted.length === 0) return [];
  const values = knownValues(graph);
  const before = new Map<string, string>();
  for (const { operator, inputs, outputs } of graph.nodes)
    if (operator === 'DequantizeLinear') before.set(outputs[0] ?? '', inputs[0] ?? '');
  const of = (name: string | undefined): Known => values.get(name ?? '') ?? NOTHING;
  return wanted.flatMap((node): (readonly [Known, Known])[] => {
    const places = BYTES.get(node.operator ?? '');
    if (places) return [[of(node.inputs[places[0]]), of(node.inputs[places[1]])]];
    const [left, right] = dequantized(node, before);
    return left === undefined || right === undefined ? [] : [[of(left), of(right)]];
  });
}

const NOTHING: Known = { type: null, constant: false, source: null };

const dequantized = ({ inputs }: Node, before: ReadonlyMap<string, string>) =>
  inputs.slice(0, 2).map((name) => before.get(name));

/** Bytes of one kind on both sides never overflow; nor do signed ones on the left alone. */
function need(left: Known, right: Known, within: (source: Tensor) => boolean): Vnni {
  if (left.type !== null && left.type !== UINT8) return null;
  if (right.type !== null && right.type !== INT8) return null;
  if (!right.constant) return 'needed';
  return right.source && within(right.source) ? null : 'faster';
}

/** Many products may share one constant, whose bytes are read once. */
function onceEach(look: (tensor: Tensor) => boolean): (tensor: Tensor) => boolean {
  const seen = new Map<Tensor, boolean>();
  return (tensor) => {
    const found = seen.get(tensor) ?? look(tensor);
    seen.set(tensor, found);
    return found;
  };
}

/** Whether all bytes of a constant are small enough. */
function isWithin({ rawData, int32Data }: Tensor): boolean {
  if (rawData) return new Int8Array(rawData.buffer, rawData.byteOffset, rawData.length).every(small);
  for (const part of int32Data.parts) {
    const input = new Input(part);
    while (input.at < input.end) if (!small(input.varint())) return false;
  }
  return true;
}

const small = (byte: number): boolean => byte >= -MOST && byte <= MOST;
