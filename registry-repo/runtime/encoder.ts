import type { Combined } from './combined.ts';
import { type Encoder, eighths, type GraphInputs } from './encoded-text.ts';
import { FeatureIds } from './feature-ids.ts';
import type { HashedNgrams } from './hashed-ngrams.ts';
import type { Preprocessor } from './preprocessor.ts';
import { inputNames, subwords } from './subwords.ts';

/** Ids of one run: keeps it near a megabyte, however large the request is. */
const MAX_IDS = 1 << 18;

/**
 * The encoder that a manifest's preprocessor asks for.
 *
 * @param file bytes of the version's files, for preprocessors that name one
 * @throws {RangeError} if the graph's inputs or the files do not fit it
 */
export function createEncoder(
  preprocessor: Preprocessor,
  inputs: GraphInputs,
  file: (path: string) => Uint8Array,
): Encoder {
  if (preprocessor.kind === 'combined') return combined(preprocessor, inputs, file);
  if (preprocessor.kind === 'hf-tokenizer') return subwords(preprocessor, inputs, file(preprocessor.file));
  return hashedNgrams(preprocessor, inputs);
}

/** One input of ids; the id after the last is the padding. */
function hashedNgrams(spec: HashedNgrams, inputs: GraphInputs): Encoder {
  const [input, ...more] = inputs;
  if (!input || more.length > 0 || input.shape.length !== 2)
    throw new RangeError('hashed n-grams need a graph with one input of shape [batch, length]');
  const { name } = input;
  const ids = new FeatureIds(spec);
  return {
    encode: (text) => ({ [name]: ids.of(text) }),
    inputs: { [name]: { filler: 2 ** spec.bits, width: eighths, cells: MAX_IDS } },
  };
}

function combined(
  { parts: [ngrams, tokens] }: Combined,
  inputs: GraphInputs,
  file: (path: string) => Uint8Array,
): Encoder {
  const taken = inputNames(tokens);
  for (const names of [taken, inputs.map(({ name }) => name)])
    if (new Set(names).size !== names.length) throw new RangeError(`two inputs have one name: ${names.join(', ')}`);
  const isToken = ({ name }: GraphInputs[number]) => taken.includes(name);
  const one = hashedNgrams(
    ngrams,
    inputs.filter((input) => !isToken(input)),
  );
  const other = subwords(tokens, inputs.filter(isToken), file(tokens.file));
  return {
    encode: (text) => ({ ...one.encode(text), ...other.encode(text) }),
    inputs: { ...one.inputs, ...other.inputs },
  };
}
