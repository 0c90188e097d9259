import type { Architecture } from '../../onnx/architecture.ts';

/** Names of a parameter in a file; it has one of these. Kernels are stored as [out, in]. */
export type TensorName = { readonly names: readonly string[]; readonly transposed: boolean };

type Family = {
  /** Prefixes of the encoder's tensors, in files of a classifier. */
  readonly prefix: string;
  readonly layer: string;
  /** By the part of the parameter's name between layer and kind. */
  readonly parts: Readonly<Record<string, string>>;
  /** The head's hidden layer, and whether it belongs to the encoder. */
  readonly hidden: { readonly name: string; readonly inEncoder: boolean };
  /** Parts of other tasks, which a file may have besides or instead of a classifier's. */
  readonly foreign: RegExp;
};

const FAMILIES: Readonly<Record<Architecture['family'], Family>> = {
  bert: {
    prefix: 'bert.',
    layer: 'encoder.layer.',
    parts: {
      query: 'attention.self.query',
      key: 'attention.self.key',
      value: 'attention.self.value',
      attention: 'attention.output.dense',
      'attention-norm': 'attention.output.LayerNorm',
      up: 'intermediate.dense',
      down: 'output.dense',
      'output-norm': 'output.LayerNorm',
    },
    hidden: { name: 'pooler.dense', inEncoder: true },
    foreign: /^(?:bert\.)?embeddings\.position_ids$|^cls\.|^qa_outputs\./,
  },
  distilbert: {
    prefix: 'distilbert.',
    layer: 'transformer.layer.',
    parts: {
      query: 'attention.q_lin',
      key: 'attention.k_lin',
      value: 'attention.v_lin',
      attention: 'attention.out_lin',
      'attention-norm': 'sa_layer_norm',
      up: 'ffn.lin1',
      down: 'ffn.lin2',
      'output-norm': 'output_layer_norm',
    },
    hidden: { name: 'pre_classifier', inEncoder: false },
    foreign: /^(?:distilbert\.)?embeddings\.position_ids$|^vocab_(?:transform|layer_norm|projector)\.|^qa_outputs\./,
  },
};

const EMBEDDINGS: Readonly<Record<string, string>> = {
  word: 'embeddings.word_embeddings',
  position: 'embeddings.position_embeddings',
  type: 'embeddings.token_type_embeddings',
  norm: 'embeddings.LayerNorm',
};

/** Whether a tensor is of a kind that such files have and a classifier does not need. */
export const isForeign = ({ family }: Architecture, name: string): boolean => FAMILIES[family].foreign.test(name);

/** The prefixes that an encoder's tensors may have: with a task's head in the file, and alone. */
export const prefixesOf = ({ family }: Architecture): readonly string[] => [FAMILIES[family].prefix, ''];

/** The tensor that shows which prefix a file has. */
export const landmark = (prefix: string): string => `${prefix}${EMBEDDINGS.word}.weight`;

/** The head's last kernel; its first side is the number of labels. */
export const OUTPUT = 'classifier.weight';

/** The names of a parameter of `parameterShapes` in a file whose encoder has this prefix. */
export function tensorName({ family }: Architecture, prefix: string, parameter: string): TensorName {
  const { layer, parts, hidden } = FAMILIES[family];
  const [place, ...rest] = parameter.split('/') as [string, string, string?, string?];
  const kind = rest.at(-1) as string;
  const named = (stem: string): TensorName => ({ names: kindNames(stem, kind), transposed: kind === 'kernel' });
  if (place === 'embeddings') return named(`${prefix}${EMBEDDINGS[rest[0]]}`);
  if (place === 'layer') return named(`${prefix}${layer}${rest[0]}.${parts[rest[1] as string]}`);
  if (rest[0] === 'output') return named('classifier');
  return named(`${hidden.inEncoder ? prefix : ''}${hidden.name}`);
}

/** `gamma` and `beta` are TensorFlow's names, which the oldest files have. */
function kindNames(stem: string, kind: string): string[] {
  if (kind === 'gain') return [`${stem}.weight`, `${stem}.gamma`];
  if (kind === 'bias') return stem.toLowerCase().endsWith('norm') ? [`${stem}.bias`, `${stem}.beta`] : [`${stem}.bias`];
  return [`${stem}.weight`];
}
