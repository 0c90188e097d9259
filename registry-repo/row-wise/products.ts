import { broadcast } from './element-wise.ts';
import type { Operation } from './operation.ts';
import { isOne, known, type Size, same } from './size.ts';
import { type Dims, free, type Rows, refuse, rows, type Value } from './value.ts';

// Products of matrices: the axes that are summed over never include the batch axis.

type Rule = (op: Operation) => Value[];

const matMul: Rule = (op) => [product(op)];

/** The bytes that stand for zero may differ by column, but not by text. */
const matMulInteger: Rule = (op) => {
  op.freeOrNone(2, 3);
  return [product(op)];
};

function product(op: Operation): Value {
  const [a, b] = [op.input(0), op.input(1)];
  if (a.kind === 'free' && b.kind === 'free') return free(a.dims && b.dims ? dimsOf(a.dims, b.dims, op) : null);
  for (const side of [a, b])
    if (side.kind !== 'free' && side.kind !== 'rows') refuse('it computes with the size of the batch');
  const [left, right] = [a.dims ?? refuse('a rank is not known'), b.dims ?? refuse('a rank is not known')];
  if (left.length < 2 || right.length < 2) return refuse('it multiplies a vector');
  const dims = dimsOf(left, right, op);
  const ends = [a, b].flatMap((side) => (side.kind === 'rows' ? [side.dims.length - side.axis] : []));
  const [fromEnd = 0] = ends;
  if (ends.some((end) => end !== fromEnd)) return refuse('the batch is on different axes of its inputs');
  if (fromEnd === 1 || (b.kind === 'rows' && fromEnd === 2)) return refuse('it sums over the batch, or crosses it');
  if (fromEnd > 2) alignedAcross(a, b, fromEnd);
  return rows(dims, dims.length - fromEnd);
}

/** When many matrices are multiplied, one text's matrix meets its own, or one that is the same for all texts. */
function alignedAcross(a: Value, b: Value, fromEnd: number): void {
  const [left, right] = [a.dims?.at(-fromEnd), b.dims?.at(-fromEnd)];
  for (const side of [a, b])
    if (side.kind !== 'rows' && (side.dims as Dims).length >= fromEnd && !isOne((side.dims as Dims).at(-fromEnd)))
      refuse('along the batch it has more than one slice that belongs to no text');
  if (a.kind === 'rows' && b.kind === 'rows' && !same(left as Size, right as Size))
    refuse('the batch is on different axes of its inputs');
}

function dimsOf(left: Dims, right: Dims, op: Operation): Dims {
  if (left.length < 2 || right.length < 2) return [];
  const before = broadcast([left.slice(0, -2), right.slice(0, -2)], op) as Dims;
  return [...before, left.at(-2) as Size, right.at(-1) as Size];
}

const gemm: Rule = (op) => {
  if (op.allFree) return [free(null)];
  const a = op.rows(0);
  const b = op.free(1);
  if (a.axis !== 0 || a.dims.length !== 2 || b.dims?.length !== 2 || op.int('transA', 0) !== 0)
    return refuse('it sums over the batch, or crosses it');
  const columns = b.dims[op.int('transB', 0) === 0 ? 1 : 0] as Size;
  const dims = [a.dims[0] as Size, columns];
  if (op.inputs[2]) added(op.inputs[2], a);
  return [rows(dims, 0)];
};

function added(c: Value, a: Rows): void {
  if (c.kind === 'rows' && c.axis === 0 && c.dims.length === 2 && same(c.dims[0] as Size, a.dims[0] as Size)) return;
  if (c.kind !== 'free' || !c.dims || (c.dims.length === 2 && known(c.dims[0]) !== 1))
    refuse('along the batch it adds more than one slice that belongs to no text');
}

export const PRODUCTS: Readonly<Record<string, Rule>> = { MatMul: matMul, MatMulInteger: matMulInteger, Gemm: gemm };
