import { checkSize } from '../../onnx/check-parameters.ts';
import { openBackend } from '../backends/open.ts';
import type { Trainer, TrainingContext } from '../trainer.ts';
import { readExamples } from '../transformer/examples.ts';
import { exportTransformer } from '../transformer/export.ts';
import { fit } from '../transformer/fit.ts';
import { Model } from '../transformer/model.ts';
import { type DistilbertConfig, DistilbertConfig as schema } from './config.ts';
import { layerRates } from './rates.ts';
import { type Start, startOf } from './start.ts';

/** Fine-tunes a BERT or DistilBERT encoder (Devlin et al. 2019; Sanh et al. 2019) with a classification head. */
export const distilbert: Trainer<typeof schema> = {
  name: 'distilbert',
  summary: 'fine-tuned transformer, any BERT or DistilBERT: the more it computes with, the better',
  config: schema,
  async train(context, config) {
    const learned = await learn(context, config);
    const { source } = learned;
    return {
      ...exportTransformer(learned, context.labels, config.maxLength),
      ...(source && { pretrained: { location: source.location, revision: source.revision, digest: source.digest } }),
    };
  },
};

/** The classifier after training. @throws {ModelTooLargeError} before it, if no ONNX file could hold it */
export async function learn(context: TrainingContext, config: DistilbertConfig): Promise<Start> {
  const { report, signal } = context;
  signal.throwIfAborted();
  const start = await startOf(context, config);
  const { architecture, parameters, tokenizer, padId } = start;
  checkSize(parameters); // now, and not when hours of training are to be written down
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  report.metric('parameters', numbers, 0);
  const examples = await readExamples(context, tokenizer, config);
  report.metric('rowsHeldOut', examples.validation.length, 0);
  const backend = await openBackend(config.backend, { threads: context.workers });
  report.metric(`backend: ${backend.name} ${backend.version}`, 1, 0);
  const model = new Model(backend, architecture);
  const rateOf = layerRates(architecture.layers, config);
  const trained = await fit({ backend, model, parameters, examples, padId, rateOf, config, context });
  return { ...start, parameters: trained };
}
