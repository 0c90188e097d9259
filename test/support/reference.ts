import type { Architecture } from '../../pipeline/onnx/architecture.ts';
import { goldenBytes, type Tiny } from './golden.ts';

// Tiny transformers, and PyTorch's results for them in float64, stored as float32: see test/fixtures/golden.

type Numbers = { readonly shape: readonly number[]; readonly data: Float32Array };

/** The tensors of a fixture, which is trusted. One number of every `every` of the original is kept. */
export function tensorsIn(bytes: Buffer): { every: number; tensors: Map<string, Numbers> } {
  const end = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__: about, ...entries } = JSON.parse(bytes.toString('utf8', 8, end));
  const tensors = Object.entries(entries as Record<string, { shape: number[]; data_offsets: [number, number] }>).map(
    ([name, { shape, data_offsets: at }]): [string, Numbers] => {
      const copy = Uint8Array.from(bytes.subarray(end + at[0], end + at[1]));
      return [name, { shape, data: new Float32Array(copy.buffer) }];
    },
  );
  return { every: Number(about?.every ?? 1), tensors: new Map(tensors) };
}

const LAYER_PARTS: Readonly<Record<string, string>> = {
  'attention.q_lin': 'query',
  'attention.k_lin': 'key',
  'attention.v_lin': 'value',
  'attention.out_lin': 'attention',
  sa_layer_norm: 'attention-norm',
  'ffn.lin1': 'up',
  'ffn.lin2': 'down',
  output_layer_norm: 'output-norm',
  'attention.self.query': 'query',
  'attention.self.key': 'key',
  'attention.self.value': 'value',
  'attention.output.dense': 'attention',
  'attention.output.LayerNorm': 'attention-norm',
  'intermediate.dense': 'up',
  'output.dense': 'down',
  'output.LayerNorm': 'output-norm',
};

const OTHER_PARTS: Readonly<Record<string, string>> = {
  'embeddings.word_embeddings': 'embeddings/word',
  'embeddings.position_embeddings': 'embeddings/position',
  'embeddings.token_type_embeddings': 'embeddings/type',
  'embeddings.LayerNorm': 'embeddings/norm',
  'pooler.dense': 'head/hidden',
  pre_classifier: 'head/hidden',
  classifier: 'head/output',
};

/** Pawl's name of a PyTorch parameter, and whether PyTorch stores it transposed. */
export function nameOf(theirs: string): { name: string; transposed: boolean } {
  const bare = theirs.replace(/^(?:distilbert|bert)\./, '');
  const [, part = '', kind = ''] = /^(.*)\.(weight|bias)$/.exec(bare) ?? [];
  const [, layer, inLayer = ''] = /^(?:transformer|encoder)\.layer\.(\d+)\.(.*)$/.exec(part) ?? [];
  const ours = layer === undefined ? OTHER_PARTS[part] : `layer/${layer}/${LAYER_PARTS[inLayer]}`;
  if (!ours || ours.endsWith('undefined')) throw new Error(`no name for ${theirs}`);
  if (kind === 'bias') return { name: `${ours}/bias`, transposed: false };
  if (ours.endsWith('norm')) return { name: `${ours}/gain`, transposed: false };
  if (ours.startsWith('embeddings/')) return { name: ours, transposed: false };
  return { name: `${ours}/kernel`, transposed: true };
}

function transpose({ shape, data }: Numbers): Numbers {
  const [rows = 0, columns = 0] = shape;
  return {
    shape: [columns, rows],
    data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number),
  };
}

/** Numbers as PyTorch has them, in its order. */
export const inTheirOrder = (theirs: string, shape: readonly number[], data: Float32Array): Float32Array =>
  nameOf(theirs).transposed ? transpose({ shape, data }).data : data;

export type Step = { inputs: Inputs; labels: number[]; lr: number; loss: number; grad_norm_before_clip: number };
export type Inputs = { input_ids: number[][]; attention_mask: number[][] };
export type Training = {
  inputs: Inputs;
  labels: number[];
  logits: number[][];
  loss: number;
  training: {
    lr: number;
    weight_decay: number;
    clip: number;
    warmup: number;
    steps: number;
    trace: Step[];
    logits_after: number[][];
  };
};

export function reference(model: Tiny) {
  const config = JSON.parse(goldenBytes(model, 'config.json').toString('utf8'));
  const { tensors } = tensorsIn(goldenBytes(model, 'model.safetensors'));
  const parameters = new Map(
    [...tensors].map(([theirs, numbers]): [string, Numbers] => {
      const { name, transposed } = nameOf(theirs);
      return [name, transposed ? transpose(numbers) : numbers];
    }),
  );
  const bert = config.model_type === 'bert';
  const architecture: Architecture = {
    family: bert ? 'bert' : 'distilbert',
    vocabulary: config.vocab_size,
    positions: config.max_position_embeddings,
    types: config.type_vocab_size ?? 0,
    width: config.hidden_size ?? config.dim,
    layers: config.num_hidden_layers ?? config.n_layers,
    heads: config.num_attention_heads ?? config.n_heads,
    inner: config.intermediate_size ?? config.hidden_dim,
    epsilon: 1e-12,
    activation: 'gelu',
    headActivation: bert ? 'tanh' : 'relu',
    dropout: { hidden: 0, attention: 0, head: 0 },
  };
  const training: Training = JSON.parse(goldenBytes(model, 'training.json').toString('utf8'));
  return {
    architecture,
    parameters,
    training,
    labels: bert ? 3 : 2,
    ...tensorsIn(goldenBytes(model, 'reference.safetensors')),
  };
}

/** Largest difference, by the size of the largest expected number. @param every numbers of `actual` to one of `expected` */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>, every = 1): number {
  if (Math.ceil(actual.length / every) !== expected.length)
    throw new Error(`${actual.length} numbers for ${expected.length} × ${every}`);
  let [most, size] = [0, 1e-6];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i * every] as number) - (expected[i] as number));
    if (!(difference <= most)) most = difference;
    size = Math.max(size, Math.abs(expected[i] as number));
  }
  return most / size;
}
