import { type Finding, failed, shown } from '../judge/finding.ts';
import { knownValues } from './element-types.ts';
import type { Graph } from './messages.ts';
import { smallInts } from './tensors.ts';

/**
 * `TensorProto.DataType` of float, float16, double and bfloat16: dividing those by zero gives infinity, not a fault.
 */
const FLOATS: ReadonlySet<number> = new Set([1, 10, 11, 16]);

/**
 * Finds divisions of integers that may end the process. By zero, and of the smallest number by −1, processors raise a
 * fault that cannot be caught. Dividing is allowed if the type is certainly a float's, or if the divisor is a constant
 * without 0 and −1.
 */
export function integerDivisions(graph: Graph): Finding[] {
  const divisions = graph.nodes.filter(({ operator }) => operator === 'Div' || operator === 'Mod');
  if (divisions.length === 0) return [];
  const values = knownValues(graph);
  const of = (name = '') => values.get(name) ?? null;
  const dangerous = divisions.filter(({ inputs: [dividend, divisor] }) => {
    const [type, by] = [of(dividend)?.type ?? null, of(divisor)];
    if (type !== null && FLOATS.has(type)) return false;
    const numbers = by?.constant && by.source ? smallInts(by.source) : null;
    return numbers === null || numbers.some((number) => number === 0 || number === -1);
  });
  return dangerous
    .slice(0, 20)
    .map(({ operator, name }) =>
      failed(
        'integer-division',
        `${operator} ${shown(name ?? '')} divides integers by what is no constant without 0 and -1`,
      ),
    );
}
