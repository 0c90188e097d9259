import type { Manifest } from '../manifest.ts';
import { FeatureIds } from './feature-ids.ts';
import type { HashedNgrams } from './hashed-ngrams.ts';
import type { Preprocessor } from './preprocessor.ts';

/** One text as the rows of a graph's inputs: by input name, numbers of any length. */
export type EncodedText = Readonly<Record<string, Int32Array>>;

export type Encoder = {
  readonly encode: (text: string) => EncodedText;
  /** By input name, what fills a shorter row of a batch; the graph must not be moved by it. */
  readonly padding: Readonly<Record<string, number>>;
};

type Inputs = Manifest['contract']['inputs'];

/** The encoder that a manifest's preprocessor asks for. @throws {RangeError} if the graph's inputs do not fit it */
export function createEncoder(preprocessor: Preprocessor, inputs: Inputs): Encoder {
  return hashedNgrams(preprocessor, inputs);
}

/** One input of ids; the id after the last stands for nothing. */
function hashedNgrams(spec: HashedNgrams, inputs: Inputs): Encoder {
  const [input, ...more] = inputs;
  if (!input || more.length > 0 || input.shape.length !== 2)
    throw new RangeError('hashed n-grams need a graph with one input of shape [batch, length]');
  const { name } = input;
  const ids = new FeatureIds(spec);
  return { encode: (text) => ({ [name]: ids.of(text) }), padding: { [name]: 2 ** spec.bits } };
}
