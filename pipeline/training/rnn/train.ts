import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import { readTokenizerFile } from '../../../registry-repo/runtime/tokenizer-file.ts';
import type { Parameters } from '../../onnx/architecture.ts';
import { checkSize } from '../../onnx/check-parameters.ts';
import { lstmGraph, type RnnShape } from '../../onnx/lstm-graph.ts';
import { transformerContract } from '../../onnx/transformer-graph.ts';
import { openBackend } from '../backends/open.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import { readExamples } from '../transformer/examples.ts';
import { fit } from '../transformer/fit.ts';
import { BUCKET } from '../transformer/length-batches.ts';
import { NEW_PAD_ID, newTokenizer } from '../transformer/new-vocabulary.ts';
import type { RnnConfig } from './config.ts';
import { RnnModel } from './model.ts';
import { initialRnn } from './shape.ts';

const TOKENIZER_FILE = 'tokenizer.json';

/** The trained parameters, and how texts become ids. */
export type LearntRnn = {
  readonly shape: RnnShape;
  readonly parameters: Parameters;
  readonly tokenizer: Uint8Array;
};

/** The training of `rnn`; loaded when a run begins. */
export async function train(context: TrainingContext, config: RnnConfig): Promise<TrainedModel> {
  return exportRnn(await learn(context, config), config.maxLength);
}

export async function learn(context: TrainingContext, config: RnnConfig): Promise<LearntRnn> {
  const { rows, labels, seed, report, signal } = context;
  signal.throwIfAborted();
  const tokenizer = newTokenizer(
    rows.map((row) => row.text),
    config.vocabulary,
    'unknown',
  );
  const { embedding, hidden, layers, summary, dropout } = config;
  const shape: RnnShape = {
    ...{ embedding, hidden, layers, summary },
    vocabulary: Object.keys(readTokenizerFile(tokenizer).model.vocab).length,
    directions: config.bidirectional ? 2 : 1,
    labels: labels.length,
  };
  const parameters = initialRnn(shape, seed);
  checkSize(parameters);
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  report.metric('parameters', numbers, 0);
  const examples = await readExamples(context, tokenizer, config);
  report.metric('rowsHeldOut', examples.validation.length, 0);
  const backend = await openBackend(config.backend, { threads: context.workers });
  report.metric(`backend: ${backend.name} ${backend.version}`, 1, 0);
  const model = new RnnModel(backend, shape, dropout);
  const rateOf = () => 1;
  const task = { backend, model, parameters, examples, padId: NEW_PAD_ID, rateOf, config, context };
  return fit(task, async (learnt) => ({ shape, parameters: learnt, tokenizer }));
}

/** The files that are stored, gated and served. @throws {ModelTooLargeError} for 2 GiB and more */
export function exportRnn({ shape, parameters, tokenizer }: LearntRnn, maxLength: number): TrainedModel {
  const contract = transformerContract(shape.labels);
  const [ids, mask] = contract.inputs.map((input) => input.name) as [string, string];
  return {
    files: [
      { path: MODEL_FILE, bytes: lstmGraph(shape, parameters) },
      { path: TOKENIZER_FILE, bytes: tokenizer },
    ],
    preprocessor: {
      ...{ kind: 'hf-tokenizer', file: TOKENIZER_FILE, maxLength, bucket: BUCKET, padId: NEW_PAD_ID },
      inputs: { ids, mask, types: null },
    },
    contract,
  };
}
