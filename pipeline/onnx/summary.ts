import { type Vnni, vnniOf } from '../../registry-repo/onnx-scan/byte-products.ts';
import { type Model, ModelShape } from '../../registry-repo/onnx-scan/messages.ts';
import { type Declared, signatureOf } from '../../registry-repo/onnx-scan/signature-of.ts';
import { Input, readMessage, WireError } from '../../registry-repo/onnx-scan/wire.ts';
import { type Proof, proveRowWise } from '../../registry-repo/row-wise/prove.ts';
import { sizeOf } from './constants.ts';

/** What is in an ONNX file. */
export type OnnxSummary = {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** By operator, the most frequent first. */
  readonly operators: readonly { readonly name: string; readonly count: number }[];
  /** Numbers in constants, in all and by element type. */
  readonly parameters: number;
  readonly parametersByType: Readonly<Record<string, number>>;
  readonly opsets: Readonly<Record<string, number>>;
  readonly ir: number | null;
  readonly producer: string;
  readonly sizeBytes: number;
  /** Whether texts may be computed together: proven from the bytes, or the reason why not. */
  readonly rowWise: Proof;
  /** Whether it needs VNNI on x86. */
  readonly vnni: Vnni;
};

/** A dimension is a size, or null where it is free. */
export type Value = { readonly name: string; readonly type: string; readonly shape: readonly (number | null)[] };

/** `TensorProto.DataType`, by number. */
const TYPES = ['undefined', 'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool'];
const MORE = ['float16', 'float64', 'uint32', 'uint64', 'complex64', 'complex128', 'bfloat16'];
const typeName = (code: number | null): string => [...TYPES, ...MORE][code ?? 0] ?? `type ${code}`;

/** @throws {WireError} if the bytes are no ONNX model */
export function summarise(bytes: Uint8Array): OnnxSummary {
  const model: Model = readMessage(ModelShape, new Input(bytes));
  if (!model.graph) throw new WireError('there is no graph in it');
  const { inputs, outputs } = signatureOf(bytes);
  const value = ({ name, element, dimensions }: Declared): Value => ({
    name,
    type: typeName(element),
    shape: dimensions,
  });
  const counts = new Map<string, number>();
  for (const { operator, domain } of model.graph.nodes) {
    const name = domain && domain !== 'ai.onnx' ? `${domain}.${operator}` : (operator ?? '');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parametersByType: Record<string, number> = {};
  for (const tensor of model.graph.initializers) {
    const type = typeName(tensor.dataType);
    parametersByType[type] = (parametersByType[type] ?? 0) + sizeOf(tensor);
  }
  return {
    inputs: inputs.map(value),
    outputs: outputs.map(value),
    operators: [...counts].map(([name, count]) => ({ name, count })).sort(byCount),
    parameters: Object.values(parametersByType).reduce((a, b) => a + b, 0),
    parametersByType,
    opsets: Object.fromEntries(model.opsets.map(({ domain, version }) => [domain || 'ai.onnx', version ?? 0])),
    ir: model.irVersion,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    sizeBytes: bytes.length,
    rowWise: proveRowWise(bytes),
    vnni: vnniOf(bytes),
  };
}

type Counted = OnnxSummary['operators'][number];
const byCount = (a: Counted, b: Counted): number => b.count - a.count || (a.name < b.name ? -1 : 1);
