import { type Model, ModelShape, type Value } from './messages.ts';
import { Input, readMessage } from './wire.ts';

/** An input or output as the graph itself declares it; a dimension is a size, or null where it is free. */
export type Declared = {
  readonly name: string;
  /** Number in ONNX's `TensorProto.DataType`. */
  readonly element: number;
  readonly dimensions: readonly (number | null)[];
};

/** What goes into a model's graph and what comes out. */
export type Signature = { readonly inputs: readonly Declared[]; readonly outputs: readonly Declared[] };

/** @throws {WireError} if the bytes are no ONNX model */
export function signatureOf(bytes: Uint8Array): Signature {
  const model: Model = readMessage(ModelShape, new Input(bytes));
  const { inputs = [], outputs = [], initializers = [] } = model.graph ?? {};
  const defaults = new Set(initializers.map((t) => t.name ?? ''));
  return {
    inputs: inputs.filter((value) => !defaults.has(value.name ?? '')).map(declared),
    outputs: outputs.map(declared),
  };
}

const declared = ({ name, type }: Value): Declared => ({
  name: name ?? '',
  element: type?.tensor?.elementType ?? 0,
  dimensions: type?.tensor?.shape?.dimensions.map((d) => d.value) ?? [],
});
