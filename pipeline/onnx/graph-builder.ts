import type { Initializer, OperatorNode } from './graph.ts';

/** Collects a graph's nodes and constants, in the order in which they are added. */
export class GraphBuilder {
  readonly nodes: OperatorNode[] = [];
  readonly initializers: Initializer[] = [];
  readonly #taken = new Set<string>();

  /** Adds an operator with one output. @param name of its output, for people @returns the name, made unique */
  node(op: string, inputs: readonly string[], name: string, attributes: OperatorNode['attributes'] = {}): string {
    const output = this.#unique(name);
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** @param data row-major */
  floats(name: string, dims: readonly number[], data: Float32Array): string {
    return this.#constant({ name, type: 'float32', dims, data });
  }

  scalar(name: string, value: number): string {
    return this.#constant({ name, type: 'float32', dims: [], data: Float32Array.of(value) });
  }

  /** A list of whole numbers, such as a shape or axes. */
  whole(name: string, ...values: number[]): string {
    return this.#constant({ name, type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  /** One whole number without a dimension, such as an index that removes a dimension. */
  index(name: string, value: number): string {
    return this.#constant({ name, type: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) });
  }

  /** Adds a constant; the same constant is added only once. */
  #constant(initializer: Initializer): string {
    if (!this.#taken.has(initializer.name)) this.initializers.push(initializer);
    this.#taken.add(initializer.name);
    return initializer.name;
  }

  #unique(name: string): string {
    let found = name;
    for (let i = 2; this.#taken.has(found); i++) found = `${name}/${i}`;
    this.#taken.add(found);
    return found;
  }
}
