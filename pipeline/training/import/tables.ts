import { type Model, ModelShape } from '../../../registry-repo/onnx-scan/messages.ts';
import { Input, readMessage, WireError } from '../../../registry-repo/onnx-scan/wire.ts';

/** Names of the tables of vectors in exports of BERT's family, in floats or in bytes. */
const TABLES = {
  positions: /position_embeddings\.weight(?:_quantized)?$/,
  words: /word_embeddings\.weight(?:_quantized)?$/,
};

/**
 * How many positions, and how many ids, a graph has vectors for; null if no table has such a name, or there is no
 * graph.
 */
export function tableHeights(bytes: Uint8Array): Readonly<Record<keyof typeof TABLES, number | null>> {
  const constants = graphOf(bytes)?.initializers ?? [];
  const height = (pattern: RegExp): number | null => {
    const found = constants.filter(({ name, dims }) => pattern.test(name ?? '') && dims.length === 2);
    return found.length === 0 ? null : Math.min(...found.map(({ dims }) => dims[0] as number));
  };
  return { positions: height(TABLES.positions), words: height(TABLES.words) };
}

function graphOf(bytes: Uint8Array): Model['graph'] {
  try {
    return (readMessage(ModelShape, new Input(bytes)) as Model).graph;
  } catch (error) {
    if (error instanceof WireError) return null; // the scan reports what is wrong
    throw error;
  }
}
