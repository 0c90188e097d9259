import { type Graph, type Model, ModelShape, type Node, type Tensor } from '../onnx-scan/messages.ts';
import { OPERATORS } from '../onnx-scan/operators.ts';
import { smallInts } from '../onnx-scan/tensors.ts';
import { Input, readMessage } from '../onnx-scan/wire.ts';
import { ALONG_AXES } from './along-axes.ts';
import { elementWise } from './element-wise.ts';
import { LAYOUT } from './layout.ts';
import { Operation } from './operation.ts';
import { PICKING } from './picking.ts';
import { PIECES } from './pieces.ts';
import { PRODUCTS } from './products.ts';
import { BATCH, named, whole } from './size.ts';
import { free, isPlain, NotProvenError, refuse, rows, type Value } from './value.ts';

/** Whether every text's answer depends on that text alone; if that could not be proven, the reason. */
export type Proof = { readonly rowWise: true } | { readonly rowWise: false; readonly why: string };

/**
 * Proves, from a model's bytes, that its graph is row-wise: for inputs of equal width, the answer to each text is a
 * function of that text's own row, the same function for every place in the batch and every size of it.
 *
 * It follows the batch axis through the graph, operator by operator, and stops at the first operator that it cannot
 * follow. So it never calls a graph row-wise that is not, and may fail to prove one that is. Work is linear in the size
 * of the graph.
 *
 * The proof is about real numbers. Sums of floats may differ a little in a batch of another size, because kernels add
 * in another order.
 */
export function proveRowWise(bytes: Uint8Array): Proof {
  try {
    const input = new Input(bytes);
    const { graph, opsets }: Model = readMessage(ModelShape, input);
    const [strange] = input.log.findings;
    if (strange) return { rowWise: false, why: strange.message };
    const opset = opsets.find(({ domain }) => !domain || domain === 'ai.onnx')?.version ?? 0;
    if (!graph) return { rowWise: false, why: 'there is no graph' };
    follow(graph, opset);
    return { rowWise: true };
  } catch (error) {
    return { rowWise: false, why: (error as Error).message };
  }
}

function follow(graph: Graph, opset: number): void {
  if (graph.nodes.length > MAX_NODES) refuse(`it has ${graph.nodes.length} nodes`);
  const values = new Map<string, Value>(
    graph.initializers.map((tensor) => [tensor.name ?? '', bounded(constant(tensor))]),
  );
  for (const [i, { name, type }] of graph.inputs.entries()) {
    if (values.has(name ?? '')) continue;
    const sizes = type?.tensor?.shape?.dimensions ?? [];
    if (sizes.length === 0 || sizes[0]?.value !== null) refuse(`the input ${name} has no free first axis`);
    const dims = sizes.map(({ value }, axis) =>
      axis === 0 ? BATCH : value === null ? named(`input ${i} axis ${axis}`) : whole(value),
    );
    values.set(name ?? '', bounded(rows(dims, 0)));
  }
  graph.nodes.forEach((node, place) => {
    const results = at(node, place, () => apply(node, opset, place, values));
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      if (values.has(name)) refuse(`${name} is given twice`);
      values.set(
        name,
        bounded(results[i] ?? refuse(`the node ${place} (${node.operator}) gives more than is known of it`)),
      );
    });
  });
  for (const { name } of graph.outputs) {
    const value = values.get(name ?? '');
    if (value?.kind !== 'rows' || value.axis !== 0 || !isPlain(value))
      refuse(`the output ${name} is not one row a text`);
  }
}

const [MAX_RANK, MAX_VALUES] = [16, 1000];
/** The scan's limits, for callers that prove before they scan. */
const [MAX_NODES, MAX_OPERANDS] = [50_000, 1000];

/** Bounds what is kept of each tensor, so that the work stays linear. */
function bounded(value: Value): Value {
  if ((value.dims?.length ?? 0) > MAX_RANK) refuse(`a tensor has ${value.dims?.length} axes`);
  if ('values' in value && (value.values?.length ?? 0) > MAX_VALUES) refuse('a vector of sizes is too long');
  return value;
}

/** Operators that compute each number separately. */
const ELEMENT_WISE = new Set(
  `Abs Add And BitwiseAnd Ceil Celu Clip Cos Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish
  IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Sigmoid
  Sign Sin Softplus Softsign Sqrt Sub Sum Swish Tanh Where Xor`.split(/\s+/),
);

const RULES: Readonly<Record<string, (op: Operation) => Value[]>> = {
  ...LAYOUT,
  ...PIECES,
  ...PICKING,
  ...PRODUCTS,
  ...ALONG_AXES,
  ...Object.fromEntries([...ELEMENT_WISE].map((name) => [name, elementWise])),
};

function apply(node: Node, opset: number, place: number, values: ReadonlyMap<string, Value>): Value[] {
  const operator = node.operator ?? '';
  if (node.domain && node.domain !== 'ai.onnx') refuse('operators of its domain are not looked at');
  if (!OPERATORS.get('')?.has(operator)) refuse('it is not among the operators that a candidate may use');
  if (node.inputs.length + node.outputs.length + node.attributes.length > MAX_OPERANDS)
    refuse('it has too many operands');
  if (operator === 'Constant') return [constantOf(node)];
  const inputs = node.inputs.map((name) =>
    name === '' ? null : (values.get(name) ?? refuse(`${name} is not there yet`)),
  );
  const op = new Operation(node, inputs, opset, place);
  const rule = Object.hasOwn(RULES, operator) ? RULES[operator] : undefined;
  if (rule) return rule(op);
  if (!op.allFree) refuse('it is not among the operators that are followed');
  return node.outputs.map(() => free(null));
}

/** Names the node at which the proof ended. */
function at<T>(node: Node, place: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NotProvenError)) throw error;
    throw new NotProvenError(
      `node ${place} (${node.operator}${node.name ? ` ${node.name.slice(0, 80)}` : ''}): ${error.message}`,
    );
  }
}

function constantOf(node: Node): Value {
  const [attribute] = node.attributes;
  if (!attribute || node.attributes.length !== 1) return refuse('its value is not one attribute');
  if (attribute.t) return constant(attribute.t);
  if (attribute.name === 'value_int' && attribute.i !== null) return { ...free([]), values: [whole(attribute.i)] };
  if (attribute.name === 'value_ints')
    return { ...free([whole(attribute.ints.length)]), values: attribute.ints.map(whole) };
  return free(null);
}

function constant(tensor: Tensor): Value {
  const value = free(tensor.dims.map(whole));
  const values = tensor.dims.length > 1 ? null : smallInts(tensor);
  return values?.every(Number.isSafeInteger) ? { ...value, values: values.map(whole) } : value;
}
