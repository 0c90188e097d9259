import type { Parameters } from './architecture.ts';
import { ModelTooLargeError } from './errors.ts';

/** A protocol buffer message must be smaller than 2 GiB; some room is left for nodes and names. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;

/** Checks the size by the shapes alone, before anything is copied. @throws {ModelTooLargeError} */
export function checkSize(p: Parameters): void {
  let bytes = 0;
  for (const { shape } of p.values()) bytes += 4 * shape.reduce((product, size) => product * size, 1);
  if (bytes >= MOST_BYTES) throw new ModelTooLargeError(bytes);
}

/** @throws {RangeError} naming every parameter that is missing or misshapen */
export function checkShapes(wanted: ReadonlyMap<string, readonly number[]>, p: Parameters): void {
  const wrong: string[] = [];
  for (const [name, shape] of wanted) {
    const found = p.get(name)?.shape;
    if (found?.join() !== shape.join())
      wrong.push(`${name} is ${found ? `[${found.join(', ')}]` : 'missing'}, not [${shape.join(', ')}]`);
  }
  if (wrong.length > 0) throw new RangeError(`the parameters do not fit the architecture: ${wrong.join('; ')}`);
}
