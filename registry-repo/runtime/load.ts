import { ModelRefusedError } from '../errors.ts';
import { MODEL_FILE } from '../manifest.ts';
import { proveRowWise } from '../row-wise/prove.ts';
import { batchesOf } from './batches.ts';
import type { Encoder } from './encoded-text.ts';
import { createEncoder } from './encoder.ts';
import type { Runtime, RuntimeSource } from './runtime.ts';
import { openSession } from './session.ts';

/** How much the sum of a row of probabilities may differ from one, because of float rounding. */
const TOLERANCE = 1e-3;

/**
 * Makes a runtime, preprocessor and graph together, from a manifest and its files. All answers come from it. Texts are
 * computed together only if the graph is proven row-wise, from its own bytes.
 *
 * @throws {ModelRefusedError} if the graph cannot be loaded, or does not fit its preprocessor
 */
export async function loadRuntime(
  { manifest, file }: RuntimeSource,
  { threads = 1 }: { readonly threads?: number } = {},
): Promise<Runtime> {
  const { labels, contract } = manifest;
  const encoder = encoderOf(manifest, file);
  const answer = contract.output.values === 'logits' ? softmax : distribution;
  const k = labels.length;
  if (contract.output.shape.at(-1) !== k)
    throw new ModelRefusedError(`the graph gives ${contract.output.shape.at(-1)} numbers a text for ${k} labels`);
  const proof = proveRowWise(file(MODEL_FILE));
  const session = await openSession(file(MODEL_FILE), contract, threads);
  return {
    labels,
    async classify(texts) {
      const probabilities = new Float32Array(texts.length * k);
      for (const { rows, feeds } of batchesOf(encoder, texts, k, proof.rowWise ? undefined : 1)) {
        const output = await session.run(feeds);
        rows.forEach((row, i) => {
          probabilities.set(answer(output.subarray(i * k, (i + 1) * k)), row * k);
        });
      }
      return probabilities;
    },
    release: onlyOnce(() => session.release()),
  };
}

function encoderOf({ preprocessor, contract }: RuntimeSource['manifest'], file: RuntimeSource['file']): Encoder {
  try {
    return createEncoder(preprocessor, contract.inputs, file);
  } catch (cause) {
    throw new ModelRefusedError((cause as Error).message, { cause });
  }
}

function distribution(row: Float32Array): Float32Array {
  let sum = 0;
  for (const p of row) {
    if (!(p >= 0 && p <= 1 + TOLERANCE)) throw new ModelRefusedError(`the model gave ${p} as a probability`);
    sum += p;
  }
  if (!(Math.abs(sum - 1) <= TOLERANCE))
    throw new ModelRefusedError(`the model's probabilities of a text sum to ${sum}, not to 1`);
  return row;
}

/** In float64, so that the sum of the row is as close to 1 as floats can be. */
function softmax(row: Float32Array): Float32Array {
  const strange = row.find((logit) => !Number.isFinite(logit));
  if (strange !== undefined) throw new ModelRefusedError(`the model gave ${strange} as a logit`);
  const most = row.reduce((a, b) => Math.max(a, b));
  const powers = Array.from(row, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
