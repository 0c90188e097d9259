import { createHash } from 'node:crypto';

/** Hash of a leaf: SHA-256 over 0x00 and the entry (RFC 6962 §2.1). */
export const leafHash = (entry: Uint8Array): Buffer => createHash('sha256').update(LEAF).update(entry).digest();

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);
const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash('sha256').update(NODE).update(left).update(right).digest();

/**
 * The right edge of an append-only Merkle tree: the roots of its complete subtrees, largest first. It holds one hash
 * for each binary digit of the size, so a log of any length can be continued from a few dozen hashes.
 */
export class Frontier {
  #size: number;
  readonly #roots: Buffer[];

  /** @param roots as `roots` gave them for `size` @throws {RangeError} if they do not fit */
  constructor(size = 0, roots: readonly Uint8Array[] = []) {
    if (!Number.isSafeInteger(size) || size < 0 || roots.length !== bitCount(size))
      throw new RangeError(`a tree of ${size} leaves has ${bitCount(size)} whole subtrees, not ${roots.length}`);
    this.#size = size;
    this.#roots = roots.map((r) => Buffer.from(r));
  }

  get size(): number {
    return this.#size;
  }

  get roots(): readonly Buffer[] {
    return this.#roots;
  }

  append(entry: Uint8Array): void {
    let root = leafHash(entry);
    for (let n = this.#size; n % 2 === 1; n = Math.floor(n / 2)) root = nodeHash(this.#roots.pop() as Buffer, root);
    this.#roots.push(root);
    this.#size++;
  }

  /** The tree's root hash. For an empty tree it is the hash of nothing. */
  root(): Buffer {
    if (this.#roots.length === 0) return createHash('sha256').digest();
    return this.#roots.reduceRight((right, left) => nodeHash(left, right));
  }
}

const bitCount = (n: number): number => [...n.toString(2)].filter((bit) => bit === '1').length;
