import { ModelRefusedError, ProcessorLacksVnniError } from '../errors.ts';
import { describeProcessor } from '../runtime/processor.ts';
import type { OpenModel, Runtime } from '../runtime/runtime.ts';
import { thisProcessor } from '../runtime/this-processor.ts';
import type { Bounds } from './confined.ts';
import { ModelFailedError, ModelUnloadableError } from './errors.ts';
import { ModelProcess, type ModelProcessOptions } from './model-process.ts';

/** So many texts, and about so many characters of them, make one order, which has a time limit. */
const ORDER = { texts: 512, characters: 2_000_000 };

export type OpenModelOptions = Pick<ModelProcessOptions, 'entry' | 'later'> & {
  readonly bounds: Bounds;
  /** Loading a model, and answering one order, must take no longer than this. */
  readonly seconds: number;
};

/**
 * Opens each model in a process of its own, for callers that send one request at a time. A process that crashes, hangs
 * or takes too much memory is not started again: the call fails with the reason.
 */
export const openModelWith =
  ({ bounds, seconds, entry, later }: OpenModelOptions): OpenModel =>
  async ({ manifest, files }, { threads = 1 } = {}) => {
    const timeoutMs = seconds * 1000;
    const running = await ModelProcess.start({ bounds, ...(entry && { entry }), ...(later && { later }) });
    try {
      await running.load(manifest, files, threads, timeoutMs);
    } catch (error) {
      await running.stop(0);
      throw refusalOf(error);
    }
    const k = manifest.labels.length;
    const runtime: Runtime = {
      labels: manifest.labels,
      async classify(texts) {
        const probabilities = new Float32Array(texts.length * k);
        for (let from = 0; from < texts.length; ) {
          const order = orderFrom(texts, from);
          const answers = await running.classify(order, timeoutMs).catch((error) => {
            throw refusalOf(error);
          });
          if (answers.length !== order.length * k)
            throw new ModelRefusedError(`the model gave ${answers.length} numbers for ${order.length} texts`);
          probabilities.set(answers, from * k);
          from += order.length;
        }
        return probabilities;
      },
      release: () => running.stop(timeoutMs),
    };
    return runtime;
  };

function orderFrom(texts: readonly string[], from: number): string[] {
  let characters = 0;
  let to = from;
  do characters += (texts[to++] as string).length;
  while (to < texts.length && to - from < ORDER.texts && characters + (texts[to] as string).length <= ORDER.characters);
  return texts.slice(from, to);
}

/** The error that the same runtime would have thrown in this process. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof ModelFailedError || error instanceof ModelUnloadableError)) return error;
  const { code, message } = error.cause as Error & { code?: string };
  if (code === 'model_refused') return new ModelRefusedError(message, { cause: error });
  if (code === 'processor_lacks_vnni') return new ProcessorLacksVnniError(describeProcessor(thisProcessor()));
  return error;
}
