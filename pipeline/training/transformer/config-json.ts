import * as z from 'zod';
import type { Architecture } from '../../onnx/architecture.ts';

/** What a Hugging Face `config.json` says about a classifier, or about a classifier's encoder. */
export type ModelConfig = {
  readonly architecture: Architecture;
  /** Names of the head's outputs; null if the file has none. */
  readonly labels: readonly string[] | null;
  /** Id that fills a shorter row. */
  readonly padId: number;
};

const MAX_BYTES = 1_000_000;

const Size = (most: number) => z.int().min(1).max(most);
const Rate = z.number().min(0).max(0.9);
const onlyFalse = z.literal(false, 'is not supported: only false is').nullish();

const Common = {
  vocab_size: Size(1_000_000),
  max_position_embeddings: Size(16_384),
  pad_token_id: z.int().min(0).nullish(),
  id2label: z.record(z.string().regex(/^\d{1,4}$/), z.string().min(1).max(200)).nullish(),
  is_decoder: onlyFalse,
  is_encoder_decoder: onlyFalse,
  add_cross_attention: onlyFalse,
  quantization_config: z.null('is not supported: weights must be floating-point numbers').optional(),
  pruned_heads: z
    .record(z.string(), z.unknown())
    .refine((heads) => Object.keys(heads).length === 0, 'is not supported: every head must be there')
    .nullish(),
  problem_type: z.enum(['single_label_classification'], 'is not supported: single_label_classification is').nullish(),
  position_embedding_type: z.literal('absolute', 'is not supported: absolute is').nullish(),
};

/** By the names of Transformers. gelu_fast and gelu_pytorch_tanh are the same approximation as gelu_new. */
const ACTIVATIONS = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  relu: 'relu',
} as const;
const names = Object.keys(ACTIVATIONS) as [keyof typeof ACTIVATIONS, ...(keyof typeof ACTIVATIONS)[]];
const Activation = z.enum(names, `is not supported: ${names.join(', ')} are`).transform((name) => ACTIVATIONS[name]);

/** Sizes are required; other missing members have the defaults of Transformers. */
const Bert = z.object({
  ...Common,
  model_type: z.literal('bert'),
  hidden_size: Size(8192),
  num_hidden_layers: Size(128),
  num_attention_heads: Size(256),
  intermediate_size: Size(65_536),
  type_vocab_size: Size(16).default(2),
  layer_norm_eps: z.number().gt(0).max(0.1).default(1e-12),
  hidden_act: Activation.default('gelu'),
  hidden_dropout_prob: Rate.default(0.1),
  attention_probs_dropout_prob: Rate.default(0.1),
  classifier_dropout: Rate.nullish(),
});

const DistilBert = z.object({
  ...Common,
  model_type: z.literal('distilbert'),
  dim: Size(8192),
  n_layers: Size(128),
  n_heads: Size(256),
  hidden_dim: Size(65_536),
  activation: Activation.default('gelu'),
  dropout: Rate.default(0.1),
  attention_dropout: Rate.default(0.1),
  seq_classif_dropout: Rate.default(0.2),
});

const FAMILIES = 'is not supported: bert and distilbert are';
const Config = z.discriminatedUnion('model_type', [Bert, DistilBert], FAMILIES);

/** @throws {RangeError} naming everything that is missing, wrong or not supported */
export function readConfigJson(bytes: Uint8Array): ModelConfig {
  const { success, data, error } = Config.safeParse(parse(bytes));
  if (!success) throw new RangeError(error.issues.slice(0, 20).map(problem).join('; '), { cause: error });
  const architecture = data.model_type === 'bert' ? bert(data) : distilBert(data);
  const { width, heads } = architecture;
  if (width % heads !== 0) throw new RangeError(`${heads} attention heads cannot share a width of ${width}`);
  const padId = data.pad_token_id ?? 0;
  if (padId >= data.vocab_size) throw new RangeError(`pad_token_id ${padId} is not among the ${data.vocab_size} ids`);
  return { architecture, labels: data.id2label ? labelsOf(data.id2label) : null, padId };
}

/** The sizes only. @throws {RangeError} as `readConfigJson` does */
export const readArchitecture = (bytes: Uint8Array): Architecture => readConfigJson(bytes).architecture;

const problem = ({ path, message }: z.core.$ZodIssue): string => `${path.join('.').slice(0, 200)} ${message}`;

function parse(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BYTES) throw new RangeError(`${bytes.length} bytes: ${MAX_BYTES} at most`);
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new RangeError(`no JSON: ${(cause as Error).message}`, { cause });
  }
}

const bert = (config: z.output<typeof Bert>): Architecture => ({
  family: 'bert',
  vocabulary: config.vocab_size,
  positions: config.max_position_embeddings,
  types: config.type_vocab_size,
  width: config.hidden_size,
  layers: config.num_hidden_layers,
  heads: config.num_attention_heads,
  inner: config.intermediate_size,
  epsilon: config.layer_norm_eps,
  activation: config.hidden_act,
  headActivation: 'tanh',
  dropout: {
    hidden: config.hidden_dropout_prob,
    attention: config.attention_probs_dropout_prob,
    head: config.classifier_dropout ?? config.hidden_dropout_prob,
  },
});

const distilBert = (config: z.output<typeof DistilBert>): Architecture => ({
  family: 'distilbert',
  vocabulary: config.vocab_size,
  positions: config.max_position_embeddings,
  types: 0,
  width: config.dim,
  layers: config.n_layers,
  heads: config.n_heads,
  inner: config.hidden_dim,
  epsilon: 1e-12, // no setting of DistilBERT's
  activation: config.activation,
  headActivation: 'relu',
  dropout: { hidden: config.dropout, attention: config.attention_dropout, head: config.seq_classif_dropout },
});

function labelsOf(byId: Readonly<Record<string, string>>): string[] {
  const labels = Object.keys(byId).map((_, id) => byId[id]);
  if (labels.includes(undefined)) throw new RangeError('id2label does not name the ids 0, 1, 2 and so on');
  return labels as string[];
}
