import type { Graph, Node, Tensor } from './messages.ts';

/** Numbers of `TensorProto.DataType`. */
export const UINT8 = 2;
export const INT8 = 3;
const [FLOAT, INT32, INT64, BOOL] = [1, 6, 7, 9];

/** What is known of a value before a graph runs. */
export type Known = {
  /** Element type; null where it cannot be told. */
  readonly type: number | null;
  /** Whether the runtime can compute it when it loads the graph. */
  readonly constant: boolean;
  /** The constants that it rearranges; null if it is anything else. */
  readonly source: Tensor | null;
};

const UNKNOWN: Known = { type: null, constant: false, source: null };

/** Operators whose output holds numbers of their first input, rearranged or only some of them. */
const ARRANGES: ReadonlySet<string> = new Set(
  'Identity Transpose Reshape Squeeze Unsqueeze Flatten Gather GatherElements GatherND Slice Split Expand Tile'.split(
    ' ',
  ),
);

/** Element types and constants of all values of a graph, by name. Linear in the graph; nodes are taken in their order. */
export function knownValues({ nodes, inputs, initializers }: Graph): ReadonlyMap<string, Known> {
  const values = new Map<string, Known>();
  for (const tensor of initializers)
    values.set(tensor.name ?? '', { type: tensor.dataType, constant: true, source: tensor });
  // An initializer that is also an input is only a default: a caller may give another value.
  for (const { name, type } of inputs)
    values.set(name ?? '', { type: type?.tensor?.elementType ?? null, constant: false, source: null });
  for (const node of nodes) {
    const operands = node.inputs.filter((name) => name !== '').map((name) => values.get(name) ?? UNKNOWN);
    const constant = operands.every((operand) => operand.constant);
    for (const [i, output] of node.outputs.entries())
      values.set(output, { type: typeOf(node, i, operands, values), constant, source: sourceOf(node, operands) });
  }
  return values;
}

const attribute = (node: Node, name: string) => node.attributes.find((a) => a.name === name);

function sourceOf(node: Node, [first]: readonly Known[]): Tensor | null {
  if (node.operator === 'Constant') return attribute(node, 'value')?.t ?? null;
  return ARRANGES.has(node.operator ?? '') ? (first?.source ?? null) : null;
}

function typeOf(
  node: Node,
  output: number,
  operands: readonly Known[],
  values: ReadonlyMap<string, Known>,
): number | null {
  const input = (i: number): number | null => values.get(node.inputs[i] ?? '')?.type ?? null;
  switch (node.operator) {
    case 'Constant':
      return (
        attribute(node, 'value')?.t?.dataType ??
        (node.attributes.some(({ name }) => name?.startsWith('value_float')) ? FLOAT : null)
      );
    case 'ConstantOfShape':
      return attribute(node, 'value')?.t?.dataType ?? FLOAT;
    case 'Shape':
    case 'Size':
    case 'NonZero':
    case 'ArgMax':
    case 'ArgMin':
      return INT64;
    case 'TopK':
      return output === 1 ? INT64 : input(0);
    case 'And':
    case 'Equal':
    case 'Greater':
    case 'GreaterOrEqual':
    case 'IsInf':
    case 'IsNaN':
    case 'Less':
    case 'LessOrEqual':
    case 'Not':
    case 'Or':
    case 'Xor':
      return BOOL;
    case 'CastLike':
    case 'DequantizeLinear':
      return input(1);
    case 'OneHot':
      return input(2);
    case 'ConvInteger':
    case 'MatMulInteger':
      return INT32;
    case 'LinearClassifier':
      return output === 0 ? null : FLOAT;
    case 'Cast':
      return attribute(node, 'to')?.i ?? null;
    case 'DynamicQuantizeLinear':
      return output === 1 ? null : UINT8;
    case 'QuantizeLinear':
      return input(2) ?? attribute(node, 'output_dtype')?.i ?? UINT8;
    case 'QLinearMatMul':
    case 'QLinearConv':
      return input(7);
    case 'Where':
      return input(1);
    default:
      // Of all other allowed operators the first operand's type is the output's.
      return operands[0]?.type ?? null;
  }
}
