import type { Node } from '../onnx-scan/messages.ts';
import { smallInts } from '../onnx-scan/tensors.ts';
import { known, named, type Size } from './size.ts';
import { type Free, NotProvenError, type Rows, refuse, type Value, valuesOf } from './value.ts';

/** Prefix of the names of sizes that may be zero. The names of input sizes never begin with it. */
export const UNKNOWN = '?';

/** A node of a graph, with what is known of its inputs. */
export class Operation {
  readonly node: Node;
  readonly inputs: readonly (Value | null)[];
  /** Version of the operator set. */
  readonly opset: number;
  readonly #place: number;
  #made = 0;

  /** @param place of the node in its graph @param inputs null for one that is left out */
  constructor(node: Node, inputs: readonly (Value | null)[], opset: number, place: number) {
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.#place = place;
  }

  /** A size of which only one thing is known: it is the same for every batch of such texts. */
  fresh(): Size {
    return named(`${UNKNOWN}${this.#place}.${this.#made++}`);
  }

  int(name: string, otherwise: number): number {
    const found = this.#attribute(name);
    if (!found) return otherwise;
    return found.i !== null && Number.isSafeInteger(found.i) ? found.i : refuse(`its ${name} is no number`);
  }

  ints(name: string): readonly number[] | null {
    return this.#attribute(name)?.ints ?? null;
  }

  text(name: string, otherwise: string): string {
    const found = this.#attribute(name)?.s;
    return found ? Buffer.from(found).toString('latin1') : otherwise;
  }

  has(name: string): boolean {
    return this.#attribute(name) !== undefined;
  }

  /** The input, which must be there. */
  input(index: number): Value {
    return this.inputs[index] ?? refuse(`its input ${index} is missing`);
  }

  rows(index: number): Rows {
    const value = this.input(index);
    return value.kind === 'rows' ? value : refuse(`its input ${index} is not row by row`);
  }

  /** An input that does not depend on any text. */
  free(index: number): Free {
    const value = this.input(index);
    return value.kind === 'free' ? value : refuse(`its input ${index} depends on the batch`);
  }

  /** The same, if it may be left out. */
  freeOrNone(...indices: readonly number[]): void {
    for (const index of indices) if (this.inputs[index]) this.free(index);
  }

  /** Whole numbers in a small constant, or in a layout that is known before the graph runs. */
  constants(index: number): readonly number[] {
    const values = valuesOf(this.input(index))?.map(known);
    if (!values || values.includes(null)) return refuse(`its input ${index} is not known before it runs`);
    return values as number[];
  }

  /**
   * Whole numbers that are an attribute in older operator sets and an input in newer ones. @returns null if they are
   * left out
   */
  list(name: string, input: number): readonly number[] | null {
    const attribute = this.ints(name);
    if (attribute && this.inputs[input]) refuse(`its ${name} are there twice`);
    return attribute ?? (this.inputs[input] ? this.constants(input) : null);
  }

  /** The axes that an operator works along: an attribute or, in later versions, an input. @returns null for all of them */
  axes(rank: number, input: number): readonly number[] | null {
    const axes = this.list('axes', input);
    return axes?.map((axis) => axisOf(axis, rank)) ?? null;
  }

  /** The one axis of an operator that has one. */
  axis(rank: number, otherwise: number, name = 'axis'): number {
    return axisOf(this.int(name, otherwise), rank);
  }

  /** The number that a ConstantOfShape is filled with, if it is a small whole one. */
  constantNumber(): number | null {
    const tensor = this.#attribute('value')?.t;
    if (!tensor) return 0;
    const values = smallInts(tensor);
    return values?.length === 1 ? (values[0] as number) : null;
  }

  get allFree(): boolean {
    return this.inputs.every((value) => value === null || value.kind === 'free');
  }

  #attribute(name: string) {
    const found = this.node.attributes.filter((attribute) => attribute.name === name);
    if (found.length > 1) throw new NotProvenError(`it has two attributes ${name}`);
    return found[0];
  }
}

/** From the front, 0-based. @throws {NotProvenError} for one that the tensor does not have */
export function axisOf(axis: number, rank: number): number {
  const own = axis < 0 ? axis + rank : axis;
  return own >= 0 && own < rank ? own : refuse(`there is no axis ${axis} among ${rank}`);
}
