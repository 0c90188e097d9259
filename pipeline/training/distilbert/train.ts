import { checkSize } from '../../onnx/check-parameters.ts';
import { openBackend } from '../backends/open.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import { readExamples } from '../transformer/examples.ts';
import { type Beside, exportTransformer } from '../transformer/export.ts';
import { fit } from '../transformer/fit.ts';
import { Model } from '../transformer/model.ts';
import type { DistilbertConfig } from './config.ts';
import { fitNgrams, weighNgrams } from './ngrams-beside.ts';
import { layerRates } from './rates.ts';
import { type Start, startOf } from './start.ts';

/** The training of `distilbert`; loaded when a run begins. */
export async function train(context: TrainingContext, config: DistilbertConfig): Promise<TrainedModel> {
  const learned = await learn(context, config);
  const { source, beside } = learned;
  return {
    ...exportTransformer(learned, context.labels, config.maxLength, beside),
    ...(source && { pretrained: { location: source.location, revision: source.revision, digest: source.digest } }),
  };
}

/**
 * Trains the classifier, and the n-grams beside it if they were asked for.
 *
 * @throws {ModelTooLargeError} before it, if no ONNX file could hold it
 */
export async function learn(
  context: TrainingContext,
  config: DistilbertConfig,
): Promise<Start & { readonly beside: Beside | null }> {
  const { labels, report, signal } = context;
  signal.throwIfAborted();
  const start = await startOf(context, config);
  const { architecture, parameters, tokenizer, padId } = start;
  checkSize(parameters); // before hours of training, and not only at the export
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  report.metric('parameters', numbers, 0);
  const examples = await readExamples(context, tokenizer, config);
  report.metric('rowsHeldOut', examples.validation.length, 0);
  const ngrams = config.ngrams ? await fitNgrams(context, examples.rows) : null;
  const backend = await openBackend(config.backend, { threads: context.workers });
  report.metric(`backend: ${backend.name} ${backend.version}`, 1, 0);
  const model = new Model(backend, architecture);
  const rateOf = layerRates(architecture.layers, config);
  return fit({ backend, model, parameters, examples, padId, rateOf, config, context }, async (best) => {
    const learned = { ...start, parameters: best };
    const alone = () => exportTransformer(learned, labels, config.maxLength);
    return { ...learned, beside: ngrams && (await weighNgrams(ngrams, alone(), context)) };
  });
}
