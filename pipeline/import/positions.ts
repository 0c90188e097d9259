import { type Model, ModelShape } from '../../registry-repo/onnx-scan/messages.ts';
import { Input, readMessage, WireError } from '../../registry-repo/onnx-scan/wire.ts';

/** What exporters of BERT's family call the table of position vectors, in floats or in bytes. */
const POSITIONS = /position_embeddings\.weight(?:_quantized)?$/;

/** Tokens that a graph has position vectors for: the height of the table that is named so; null where none is, or no graph. */
export function positionsOf(bytes: Uint8Array): number | null {
  const tables = (graphOf(bytes)?.initializers ?? []).filter(
    ({ name, dims }) => POSITIONS.test(name ?? '') && dims.length === 2,
  );
  const heights = tables.map(({ dims }) => dims[0] as number);
  return heights.length === 0 ? null : Math.min(...heights);
}

function graphOf(bytes: Uint8Array): Model['graph'] {
  try {
    return (readMessage(ModelShape, new Input(bytes)) as Model).graph;
  } catch (error) {
    if (error instanceof WireError) return null; // the scan says what is wrong
    throw error;
  }
}
