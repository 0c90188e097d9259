import type { Architecture, Parameter, Parameters } from './architecture.ts';
import type { ValueInfo } from './graph.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** The first operator set with LayerNormalization. GELU is written out; ONNX Runtime recognises and fuses it. */
export const TRANSFORMER_OPSET = 17;

/** Token ids and mask (1 for tokens, 0 for padding), [batch, length] each. */
export const TRANSFORMER_INPUTS = [
  { name: 'input_ids', type: 'int64', shape: ['batch', 'length'] },
  { name: 'attention_mask', type: 'int64', shape: ['batch', 'length'] },
] as const satisfies readonly ValueInfo[];

const [IDS, MASK] = ['input_ids', 'attention_mask'];

/** Added to the attention scores of padding: finite, so that a row without a single token gives numbers. */
const NEVER = -1e9;

/** The rest of one encoder's graph. */
type Scope = { readonly g: GraphBuilder; readonly a: Architecture; readonly p: Parameters };

/**
 * The encoder as ONNX operators: what `Model` in training/transformer computes, without dropout. Shapes: B texts, L tokens,
 * W width, H heads, D = W / H, I inner width. Every text is of token type 0.
 *
 * @param layers how many to compute; all if not given
 * @returns names of the hidden states [B, L, W]: the embeddings, then each layer's output
 * @throws {RangeError} for a parameter that is missing or misshapen
 */
export function encoder(g: GraphBuilder, a: Architecture, p: Parameters, layers = a.layers): string[] {
  const scope = { g, a, p };
  const bias = paddingBias(scope); // [B, 1, 1, L]
  const hidden = [embeddings(scope)]; // [B, L, W]
  for (let i = 0; i < layers; i++) hidden.push(layer(scope, i, hidden[i] as string, bias)); // [B, L, W]
  return hidden;
}

/** x · kernel + bias. @param x [.., in] @returns [.., out] */
export function linear({ g, p }: Pick<Scope, 'g' | 'p'>, x: string, name: string): string {
  const product = g.node('MatMul', [x, constant({ g, p }, `${name}/kernel`)], `${name}/product`);
  return g.node('Add', [product, constant({ g, p }, `${name}/bias`)], name);
}

function constant({ g, p }: Pick<Scope, 'g' | 'p'>, name: string): string {
  const found = parameter(p, name);
  return g.floats(`${name}`, found.shape, found.data);
}

function parameter(p: Parameters, name: string): Parameter {
  const found = p.get(name);
  if (!found) throw new RangeError(`the parameter ${name} is missing`);
  return found;
}

function embeddings({ g, a, p }: Scope): string {
  const words = g.node('Gather', [constant({ g, p }, 'embeddings/word'), IDS as string], 'embeddings/words', {
    axis: 0,
  }); // [B, L, W]
  const length = g.node('Shape', [IDS as string], 'length', { start: 1, end: 2 }); // [1]
  const table = g.floats('embeddings/places', [a.positions, a.width], placesOf(a, p));
  const places = g.node('Slice', [table, g.whole('zero', 0), length, g.whole('axis0', 0)], 'embeddings/place'); // [L, W]
  const sum = g.node('Add', [words, places], 'embeddings/sum'); // [B, L, W]
  return norm({ g, a, p }, sum, 'embeddings/norm');
}

/**
 * The vectors of positions. If there are token types, the vector of type 0 is added, because every token has that type.
 */
function placesOf(a: Architecture, p: Parameters): Float32Array {
  const position = parameter(p, 'embeddings/position').data;
  if (a.types === 0) return position;
  const type = parameter(p, 'embeddings/type').data;
  return position.map((value, i) => value + (type[i % a.width] as number));
}

function norm({ g, a, p }: Scope, x: string, name: string): string {
  const constants = [constant({ g, p }, `${name}/gain`), constant({ g, p }, `${name}/bias`)];
  return g.node('LayerNormalization', [x, ...constants], name, { axis: -1, epsilon: { float: a.epsilon } });
}

function layer(scope: Scope, i: number, x: string, bias: string): string {
  const { g, a } = scope;
  const dense = (part: string, from: string) => linear(scope, from, `layer/${i}/${part}`);
  const context = attention(scope, i, [dense('query', x), dense('key', x), dense('value', x)], bias); // [B, L, W]
  const attended = g.node('Add', [dense('attention', context), x], `layer/${i}/attention-sum`); // [B, L, W]
  const y = norm(scope, attended, `layer/${i}/attention-norm`);
  const up = dense('up', y); // [B, L, I]
  const active = ACTIVATIONS[a.activation](g, up, `layer/${i}`); // [B, L, I]
  const sum = g.node('Add', [dense('down', active), y], `layer/${i}/output-sum`); // [B, L, W]
  return norm(scope, sum, `layer/${i}/output-norm`);
}

function attention({ g, a }: Scope, i: number, [q, k, v]: [string, string, string], bias: string): string {
  const size = a.width / a.heads;
  const apart = g.whole('headsApart', 0, 0, a.heads, size);
  const perHead = (x: string, part: string, perm: readonly number[]) => {
    const split = g.node('Reshape', [x, apart], `layer/${i}/${part}/split`); // [B, L, H, D]
    return g.node('Transpose', [split], `layer/${i}/${part}/heads`, { perm });
  };
  const queries = perHead(q, 'query', [0, 2, 1, 3]); // [B, H, L, D]
  const keys = perHead(k, 'key', [0, 2, 3, 1]); // [B, H, D, L]
  const values = perHead(v, 'value', [0, 2, 1, 3]); // [B, H, L, D]
  const products = g.node('MatMul', [queries, keys], `layer/${i}/products`); // [B, H, L, L]
  const scaled = g.node('Mul', [products, g.scalar('headScale', 1 / Math.sqrt(size))], `layer/${i}/scores`);
  const masked = g.node('Add', [scaled, bias], `layer/${i}/masked`);
  const weights = g.node('Softmax', [masked], `layer/${i}/weights`, { axis: -1 }); // [B, H, L, L]
  const context = g.node('MatMul', [weights, values], `layer/${i}/context/heads`); // [B, H, L, D]
  const joined = g.node('Transpose', [context], `layer/${i}/context/joined`, { perm: [0, 2, 1, 3] }); // [B, L, H, D]
  return g.node('Reshape', [joined, g.whole('headsTogether', 0, 0, a.width)], `layer/${i}/context`); // [B, L, W]
}

function paddingBias({ g }: Scope): string {
  const mask = g.node('Cast', [MASK as string], 'mask', { to: 1 }); // [B, L]
  const absent = g.node('Sub', [g.scalar('one', 1), mask], 'padding');
  const bias = g.node('Mul', [absent, g.scalar('never', NEVER)], 'paddingBias');
  return g.node('Unsqueeze', [bias, g.whole('axes12', 1, 2)], 'paddingBias/wide'); // [B, 1, 1, L]
}

type Activation = (g: GraphBuilder, x: string, name: string) => string;

/** Hendrycks & Gimpel (2016), "Gaussian Error Linear Units": x/2 · (1 + erf(x/√2)), and its tanh approximation. */
const ACTIVATIONS: Record<Architecture['activation'], Activation> = {
  gelu: (g, x, name) => {
    const scaled = g.node('Div', [x, g.scalar('rootTwo', Math.SQRT2)], `${name}/gelu/scaled`);
    const erf = g.node('Erf', [scaled], `${name}/gelu/erf`);
    const raised = g.node('Add', [erf, g.scalar('one', 1)], `${name}/gelu/raised`);
    const product = g.node('Mul', [x, raised], `${name}/gelu/product`);
    return g.node('Mul', [product, g.scalar('half', 0.5)], `${name}/gelu`);
  },
  'gelu-tanh': (g, x, name) => {
    const cube = g.node('Pow', [x, g.scalar('three', 3)], `${name}/gelu/cube`);
    const small = g.node('Mul', [cube, g.scalar('geluCubic', 0.044715)], `${name}/gelu/small`);
    const sum = g.node('Add', [x, small], `${name}/gelu/sum`);
    const scaled = g.node('Mul', [sum, g.scalar('geluScale', Math.sqrt(2 / Math.PI))], `${name}/gelu/scaled`);
    const tanh = g.node('Tanh', [scaled], `${name}/gelu/tanh`);
    const raised = g.node('Add', [tanh, g.scalar('one', 1)], `${name}/gelu/raised`);
    const product = g.node('Mul', [x, raised], `${name}/gelu/product`);
    return g.node('Mul', [product, g.scalar('half', 0.5)], `${name}/gelu`);
  },
  relu: (g, x, name) => g.node('Relu', [x], `${name}/relu`),
};
