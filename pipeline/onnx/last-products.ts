import type { Node } from '../../registry-repo/onnx-scan/messages.ts';

/** Operators that may follow the last product before an output, and do not move its numbers. */
const PASSES: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Identity', 'Cast', 'Concat', 'Split', 'Reshape', 'Squeeze', 'Unsqueeze', 'Slice'],
  ...['Softmax', 'LogSoftmax', 'Sigmoid'],
]);

/**
 * The second factors of the products that a graph's outputs come from without another product in between: a
 * classifier's head. It is small, and its inputs may be of very different sizes, so bytes would save little and could
 * make the answers wrong.
 *
 * @param nodes of the graph @param outputs names
 */
export function lastProducts(nodes: readonly Node[], outputs: readonly string[]): ReadonlySet<string> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const found = new Set<string>();
  const seen = new Set<Node>();
  const open = [...outputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name);
    if (!node || seen.has(node)) continue;
    seen.add(node);
    if (node.operator === 'MatMul' || node.operator === 'Gemm') found.add(node.inputs[1] ?? '');
    else if (PASSES.has(node.operator ?? '')) open.push(...node.inputs);
  }
  return found;
}
