import { type Finding, failed, shown } from '../judge/finding.ts';
import type { Manifest } from '../manifest.ts';
import type { Graph, Value } from './messages.ts';

type Contract = Manifest['contract'];
type Tensor = Contract['output'];

const ELEMENT: Record<Tensor['type'], number> = { float32: 1, int32: 6, int64: 7 };

/**
 * Compares a graph's own inputs and outputs with the contract: exactly these, so that the graph gets nothing but the
 * text.
 */
export function signatureFindings(graph: Graph, contract: Contract): Finding[] {
  // Before IR 4 an initializer was also an input, with a default value: callers do not set it.
  const defaults = new Set(graph.initializers.map((t) => t.name ?? ''));
  const inputs = graph.inputs.filter((value) => !defaults.has(value.name ?? ''));
  return [
    ...sideFindings('input', inputs, contract.inputs),
    ...sideFindings('output', graph.outputs, [contract.output]),
  ];
}

function sideFindings(side: string, values: readonly Value[], wanted: readonly Tensor[]): Finding[] {
  const byName = new Map(values.map((value) => [value.name ?? '', value]));
  const names = new Set(wanted.map((tensor) => tensor.name));
  const extra = [...byName.keys()].filter((name) => !names.has(name)).slice(0, 10);
  const findings = extra.map((name) =>
    failed('signature', `the graph has an ${side} ${shown(name)} beyond the contract`),
  );
  if (byName.size !== values.length) findings.push(failed('signature', `the graph has two ${side}s of one name`));
  for (const tensor of wanted) {
    const value = byName.get(tensor.name);
    const problem = value ? mismatch(value, tensor) : 'is missing in the graph';
    if (problem) findings.push(failed('signature', `the ${side} ${tensor.name} of the contract ${problem}`));
  }
  return findings;
}

function mismatch({ type }: Value, wanted: Tensor): string | null {
  const found = type?.tensor?.elementType ?? 0;
  if (found !== ELEMENT[wanted.type]) return `is ${wanted.type}, but has element type ${found} in the graph`;
  const dimensions = type?.tensor?.shape?.dimensions;
  if (!dimensions) return 'has no shape in the graph';
  if (dimensions.length !== wanted.shape.length)
    return `has ${wanted.shape.length} dimensions, but ${dimensions.length} in the graph`;
  const differs = wanted.shape.findIndex(
    (size, i) => (typeof size === 'number' ? size : null) !== dimensions[i]?.value,
  );
  return differs < 0 ? null : `differs from the graph in dimension ${differs}`;
}
