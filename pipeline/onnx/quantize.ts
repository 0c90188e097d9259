import { type Model, ModelShape, type Node, type Tensor } from '../../registry-repo/onnx-scan/messages.ts';
import { Input, readMessage } from '../../registry-repo/onnx-scan/wire.ts';
import { floatsOf, sizeOf } from './constants.ts';
import { NothingToQuantizeError } from './errors.ts';
import { splitFields } from './fields.ts';
import { type Initializer, node, type OperatorNode, tensor } from './graph.ts';
import { lastProducts } from './last-products.ts';
import { bytes } from './protobuf.ts';

export type QuantizeOptions = {
  /** Whether tables of vectors that are looked up become bytes too. */
  readonly embeddings: boolean;
  readonly weights: ByteWeights;
};

/**
 * How weights of matrix products become bytes. `unsigned`: of 8 bits around a zero point of 128. `seven-bits`: from -63
 * to 63. `signed`: from -127 to 127; a processor without VNNI adds pairs of such products in 16 bits, which overflow
 * unless the runtime rewrites the weights.
 */
export type ByteWeights = 'unsigned' | 'seven-bits' | 'signed';

export type Quantized = {
  readonly bytes: Uint8Array;
  /** Matrix products and tables whose weights are now bytes. */
  readonly products: number;
  readonly tables: number;
};

/** Prevents a division by zero for a row of zeros. */
const TINY = 1e-30;
/** Smaller constants are not worth the operators that quantization adds. */
const LEAST_NUMBERS = 256;
const [NODE, INITIALIZER, GRAPH] = [1, 5, 7];
/** Older operator sets have no Max of several types with broadcasting. */
const LEAST_OPSET = 11;
/** From this operator set on, the axes of a reduction are an input. */
const AXES_ARE_INPUT = 18;
/** The byte that represents a weight of zero, for unsigned weights. */
const ZERO_POINT = 128;
/** Largest byte of a weight, before a zero point is added. */
const MOST: Readonly<Record<ByteWeights, number>> = { unsigned: 127, 'seven-bits': 63, signed: 127 };

/**
 * Dynamic quantization. The constant weights of matrix products become bytes, with a scale for each column. Their
 * inputs are rounded to bytes while the graph runs, with a scale for each row, that is for each token. One scale for a
 * whole tensor (DynamicQuantizeLinear) would be a little faster, but less exact, and one text would change the answers
 * to others. Only standard operators are used. All other bytes stay the same, and so do the products that the outputs
 * come from.
 *
 * @see Jacob et al. (2018), "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
 *   Inference"
 * @throws {NothingToQuantizeError} for a graph without such products, or of too old an operator set
 * @throws {WireError} if the bytes are no ONNX model
 */
export function quantize(model: Uint8Array, options: QuantizeOptions): Quantized {
  const read: Model = readMessage(ModelShape, new Input(model));
  const { graph } = read;
  if (!graph) throw new NothingToQuantizeError('the file has no graph');
  const opset = read.opsets.find(({ domain }) => !domain || domain === 'ai.onnx')?.version ?? 0;
  if (opset < LEAST_OPSET)
    throw new NothingToQuantizeError(`the graph uses operator set ${opset}; bytes take ${LEAST_OPSET} at least`);
  const outputs = graph.outputs.map((value) => value.name ?? '');
  const kept = lastProducts(graph.nodes, outputs);
  const rewriter = new Rewriter(graph, { ...options, opset, kept });
  const nodes = graph.nodes.map((own) => rewriter.rewrite(own));
  const { products, tables } = rewriter;
  if (products + tables === 0)
    throw new NothingToQuantizeError(
      'the graph has no matrix product with constant weights before its last: it is small already',
    );
  const dropped = rewriter.unused(outputs);
  let [nodeAt, initializerAt] = [0, 0];
  const fields = splitFields(splitFields(model).find(({ number }) => number === GRAPH)?.body ?? new Uint8Array(0));
  const body = fields.flatMap(({ number, raw }): Uint8Array[] => {
    if (number === NODE) return nodes[nodeAt++]?.map(node) ?? [raw];
    if (number !== INITIALIZER) return [raw];
    return dropped.has(graph.initializers[initializerAt++]?.name ?? '') ? [] : [raw];
  });
  const added = rewriter.added.map(tensor);
  const rebuilt = splitFields(model).map(({ number, raw }) =>
    number === GRAPH ? bytes(GRAPH, Buffer.concat([...body, ...added])) : raw,
  );
  return { bytes: Buffer.concat(rebuilt), products, tables };
}

type RewriteOptions = QuantizeOptions & {
  readonly opset: number;
  /** Constants that stay as they are. */
  readonly kept: ReadonlySet<string>;
};

class Rewriter {
  readonly added: Initializer[] = [];
  products = 0;
  tables = 0;
  readonly #constants: ReadonlyMap<string, Tensor>;
  readonly #options: RewriteOptions;
  readonly #kept: ReadonlySet<string>;
  readonly #uses = new Map<string, number>();
  /** By what is rounded. */
  readonly #rounded = new Map<string, { readonly bytes: string; readonly scale: string }>();
  readonly #shared = new Map<string, string>();
  readonly #names: Set<string>;

  constructor(
    { initializers, nodes }: { readonly initializers: readonly Tensor[]; readonly nodes: readonly Node[] },
    options: RewriteOptions,
  ) {
    this.#kept = options.kept;
    this.#constants = new Map(initializers.map((t) => [t.name ?? '', t]));
    this.#options = options;
    for (const name of nodes.flatMap((n) => n.inputs)) this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    this.#names = new Set([...this.#constants.keys(), ...nodes.flatMap((n) => [...n.inputs, ...n.outputs])]);
  }

  /** @returns the nodes that replace the node; null if it stays */
  rewrite(own: Node): OperatorNode[] | null {
    if (own.domain && own.domain !== 'ai.onnx') return null;
    if (own.operator === 'MatMul') return this.#product(own, false, null);
    if (own.operator === 'Gemm') return this.#gemm(own);
    if (own.operator === 'Gather') return this.#gather(own);
    return null;
  }

  /** Constants that are no longer used. */
  unused(outputs: readonly string[]): ReadonlySet<string> {
    const gone = [...this.#constants.keys()].filter((name) => this.#uses.get(name) === 0 && !outputs.includes(name));
    return new Set(gone);
  }

  #gemm(own: Node): OperatorNode[] | null {
    const attribute = (name: string) => own.attributes.find((a) => a.name === name);
    const plain = (attribute('alpha')?.f ?? 1) === 1 && (attribute('beta')?.f ?? 1) === 1;
    if (!plain || (attribute('transA')?.i ?? 0) !== 0) return null;
    return this.#product(own, (attribute('transB')?.i ?? 0) === 1, own.inputs[2] || null);
  }

  #product({ inputs, outputs }: Node, transposed: boolean, bias: string | null): OperatorNode[] | null {
    const [left = '', right = ''] = inputs;
    const found = this.#matrix(right);
    const [result] = outputs;
    if (!found || result === undefined || this.#constants.has(left)) return null;
    this.products++;
    this.#uses.set(right, (this.#uses.get(right) ?? 1) - 1);
    const weights = this.#columns(`${right}/${transposed ? 'bytes-turned' : 'bytes'}`, found, transposed);
    const rounded = this.#round(left);
    const name = (part: string) => this.#fresh(`${result}/${part}`);
    const [sum, float, scaled] = [name('whole'), name('float'), name('by-column')];
    const product = bias === null ? result : name('product');
    return [
      ...rounded.nodes,
      { op: 'MatMulInteger', inputs: [rounded.bytes, weights.bytes, rounded.zero, ...this.#zero()], outputs: [sum] },
      { op: 'Cast', inputs: [sum], outputs: [float], attributes: { to: 1 } },
      { op: 'Mul', inputs: [float, weights.scale], outputs: [scaled] },
      { op: 'Mul', inputs: [scaled, rounded.scale], outputs: [product] },
      ...(bias === null ? [] : [{ op: 'Add', inputs: [product, bias], outputs: [result] }]),
    ];
  }

  #gather({ inputs, outputs, attributes }: Node): OperatorNode[] | null {
    const [table = '', ids = ''] = inputs;
    const found = this.#options.embeddings ? this.#matrix(table) : null;
    const [result] = outputs;
    if (!found || result === undefined || (attributes.find((a) => a.name === 'axis')?.i ?? 0) !== 0) return null;
    this.tables++;
    this.#uses.set(table, (this.#uses.get(table) ?? 1) - 1);
    const rows = this.#rows(`${table}/bytes-by-row`, found);
    const name = (part: string) => this.#fresh(`${result}/${part}`);
    const [cells, float, scale] = [name('cells'), name('float'), name('scale')];
    return [
      { op: 'Gather', inputs: [rows.bytes, ids], outputs: [cells], attributes: { axis: 0 } },
      { op: 'Cast', inputs: [cells], outputs: [float], attributes: { to: 1 } },
      { op: 'Gather', inputs: [rows.scale, ids], outputs: [scale], attributes: { axis: 0 } },
      { op: 'Mul', inputs: [float, scale], outputs: [result] },
    ];
  }

  #matrix(name: string): { rows: number; columns: number; data: Float32Array } | null {
    const constant = this.#constants.get(name);
    if (constant?.dims.length !== 2 || sizeOf(constant) < LEAST_NUMBERS || this.#kept.has(name)) return null;
    const data = floatsOf(constant);
    const [rows = 0, columns = 0] = constant.dims;
    return data && data.length === rows * columns && data.every(Number.isFinite) ? { rows, columns, data } : null;
  }

  /** The activations `name` as bytes: made once, however many products use them. */
  #round(name: string) {
    const zero = this.#constant('bytes-zero', 'uint8', Uint8Array.of(ZERO_POINT));
    const known = this.#rounded.get(name);
    if (known) return { ...known, zero, nodes: [] };
    const own = (part: string) => this.#fresh(`${name}/rounded${part}`);
    const [sizes, largest, some] = [own('-sizes'), own('-largest'), own('-some')];
    const [scale, scaled, rounded] = [own('-scale'), own('-scaled'), own('')];
    const tiny = this.#constant('round-tiny', 'float32', Float32Array.of(TINY));
    const share = this.#constant('round-share', 'float32', Float32Array.of(1 / 127));
    const unit = this.#constant('round-unit', 'float32', Float32Array.of(1));
    const nodes: OperatorNode[] = [
      { op: 'Abs', inputs: [name], outputs: [sizes] },
      this.#largestOfRow(sizes, largest),
      { op: 'Max', inputs: [largest, tiny], outputs: [some] },
      { op: 'Mul', inputs: [some, share], outputs: [scale] },
      { op: 'Div', inputs: [name, scale], outputs: [scaled] },
      { op: 'QuantizeLinear', inputs: [scaled, unit, zero], outputs: [rounded] },
    ];
    this.#rounded.set(name, { bytes: rounded, scale });
    return { bytes: rounded, scale, zero, nodes };
  }

  #largestOfRow(sizes: string, largest: string): OperatorNode {
    const [op, outputs] = ['ReduceMax', [largest]];
    if (this.#options.opset < AXES_ARE_INPUT)
      return { op, inputs: [sizes], outputs, attributes: { axes: [-1], keepdims: 1 } };
    const axes = this.#constant('round-axes', 'int64', BigInt64Array.of(-1n), [1]);
    return { op, inputs: [sizes, axes], outputs, attributes: { keepdims: 1 } };
  }

  /** One for the whole graph. @param dims none for a number */
  #constant(
    wanted: string,
    type: Initializer['type'],
    data: Initializer['data'],
    dims: readonly number[] = [],
  ): string {
    const known = this.#shared.get(wanted);
    if (known) return known;
    const name = this.#fresh(wanted);
    this.#shared.set(wanted, name);
    this.added.push({ name, type, dims, data });
    return name;
  }

  /** [in, out], a scale for each out. */
  #columns(
    name: string,
    { rows, columns, data }: { rows: number; columns: number; data: Float32Array },
    turn: boolean,
  ) {
    const [ins, outs] = turn ? [columns, rows] : [rows, columns];
    const at = (i: number, o: number) => data[turn ? o * ins + i : i * outs + o] as number;
    const unsigned = this.#options.weights === 'unsigned';
    const most = MOST[this.#options.weights];
    const zero = unsigned ? ZERO_POINT : 0;
    const cells = new (unsigned ? Uint8Array : Int8Array)(ins * outs);
    const scale = new Float32Array(outs);
    for (let o = 0; o < outs; o++) {
      let largest = 0;
      for (let i = 0; i < ins; i++) largest = Math.max(largest, Math.abs(at(i, o)));
      const unit = Math.fround(largest / most) || 1;
      scale[o] = unit;
      for (let i = 0; i < ins; i++) cells[i * outs + o] = zero + within(most, at(i, o) / unit);
    }
    return this.#keep(name, cells, [ins, outs], scale, [outs]);
  }

  /** [rows, columns], a scale for each row. */
  #rows(name: string, { rows, columns, data }: { rows: number; columns: number; data: Float32Array }) {
    const cells = new Int8Array(rows * columns);
    const scale = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const own = data.subarray(row * columns, (row + 1) * columns);
      const unit = Math.fround(own.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127) || 1;
      scale[row] = unit;
      for (let j = 0; j < columns; j++) cells[row * columns + j] = Math.round((own[j] as number) / unit);
    }
    return this.#keep(name, cells, [rows, columns], scale, [rows, 1]);
  }

  /**
   * The operand that says which byte of the weights represents zero, if that is not 0: one constant for all products.
   */
  #zero(): string[] {
    return this.#options.weights === 'unsigned'
      ? [this.#constant('bytes-zero', 'uint8', Uint8Array.of(ZERO_POINT))]
      : [];
  }

  #keep(
    name: string,
    data: Int8Array | Uint8Array,
    dims: readonly number[],
    scale: Float32Array,
    scaleDims: readonly number[],
  ) {
    const names = { bytes: name, scale: `${name}-scale` };
    if (!this.#names.has(name)) {
      this.added.push({ name, type: data instanceof Uint8Array ? 'uint8' : 'int8', dims, data });
      this.added.push({ name: names.scale, type: 'float32', dims: scaleDims, data: scale });
      this.#names.add(name);
    }
    return names;
  }

  #fresh(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}/${i}`;
    this.#names.add(name);
    return name;
  }
}

const within = (most: number, value: number): number => Math.max(-most, Math.min(most, Math.round(value)));
