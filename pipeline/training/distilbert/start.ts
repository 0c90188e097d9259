import type { Architecture, Parameters } from '../../onnx/architecture.ts';
import type { TrainingContext } from '../trainer.ts';
import { WeightsError } from '../transformer/errors.ts';
import { completeParameters } from '../transformer/initial.ts';
import { NEW_PAD_ID, newTokenizer } from '../transformer/new-vocabulary.ts';
import { loadPretrained } from '../transformer/pretrained.ts';
import type { PretrainedSource } from '../transformer/weights.ts';
import type { DistilbertConfig } from './config.ts';

/** A classifier before it is trained: sizes, all its parameters, and its tokenizer. */
export type Start = {
  readonly architecture: Architecture;
  readonly parameters: Parameters;
  readonly tokenizer: Uint8Array;
  readonly padId: number;
  /** Where the weights came from; null for random ones. */
  readonly source: PretrainedSource | null;
};

type Context = Pick<TrainingContext, 'rows' | 'labels' | 'seed' | 'folders' | 'hub' | 'report' | 'signal'>;

/** @throws {WeightsError} for a pretrained model that cannot be used, or not with these settings */
export async function startOf(context: Context, config: DistilbertConfig): Promise<Start> {
  const { model } = config;
  const known = model === null ? randomStart(context, config) : await pretrainedStart(model, context, config);
  const architecture = withDropout(known.architecture, config.dropout);
  const parameters = completeParameters(architecture, context.labels.length, context.seed, known.parameters);
  return { ...known, architecture, parameters };
}

function randomStart({ rows }: Context, { sizes, maxLength }: DistilbertConfig): Start {
  const tokenizer = newTokenizer(
    rows.map((row) => row.text),
    sizes.vocabulary,
    'spelt',
  );
  const architecture: Architecture = {
    family: 'distilbert',
    ...sizes,
    positions: maxLength,
    types: 0,
    epsilon: 1e-12,
    activation: 'gelu',
    headActivation: 'relu',
    dropout: { hidden: 0.1, attention: 0.1, head: 0.2 },
  };
  return { architecture, parameters: new Map(), tokenizer, padId: NEW_PAD_ID, source: null };
}

async function pretrainedStart(model: string, context: Context, config: DistilbertConfig): Promise<Start> {
  const { maxLength, revision } = config;
  const { architecture, parameters, tokenizer, padId, labels, source } = await loadPretrained(model, context, revision);
  if (maxLength > architecture.positions)
    throw new WeightsError(`${model} takes ${architecture.positions} tokens at most: set maxLength to that or less`);
  // A head for other labels solves another task, so its last layer is dropped; the layers before it are kept.
  const same = labels !== null && labels.join('\n') === context.labels.join('\n');
  const kept = [...parameters].filter(([name]) => same || !name.startsWith('head/output/'));
  return { architecture, parameters: new Map(kept), tokenizer, padId, source };
}

const withDropout = (architecture: Architecture, rate: number | null): Architecture =>
  rate === null ? architecture : { ...architecture, dropout: { hidden: rate, attention: rate, head: rate } };
