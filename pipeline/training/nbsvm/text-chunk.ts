import { Distinct } from '../../../registry-repo/runtime/distinct.ts';
import { featureId } from '../../../registry-repo/runtime/feature-ids.ts';
import type { NgramHasher } from '../../../registry-repo/runtime/ngrams.ts';
import type { Slots } from './slots.ts';
import type { Tally } from './tally.ts';

/**
 * The features of some neighbouring texts, in one thread: first all distinct n-gram hashes; then, when every thread has
 * noted its own, only the ids of those that repeat.
 */
export class TextChunk {
  readonly firstRow: number;
  /** Features of each text. */
  readonly lengths: Int32Array;
  #values: Int32Array;

  constructor(firstRow: number, texts: readonly string[], hasher: NgramHasher, slots: Slots) {
    this.firstRow = firstRow;
    this.lengths = new Int32Array(texts.length);
    let values = new Int32Array(1 << 16);
    let used = 0;
    const seen = new Distinct();
    texts.forEach((text, row) => {
      const count = hasher.read(text);
      const { hashes } = hasher;
      if (used + count > values.length) values = grown(values, used, used + count);
      const start = used;
      seen.clear(count);
      for (let i = 0; i < count; i++) {
        const hash = hashes[i] as number;
        if (!seen.add(hash)) continue;
        slots.note(hash);
        values[used++] = hash;
      }
      this.lengths[row] = used - start;
    });
    this.#values = values.slice(0, used);
  }

  /** Hashes become ids; those that do not repeat are dropped, and so is the second of two with one id. */
  select(slots: Slots, bits: number, keepAll: boolean): void {
    const values = this.#values;
    const seen = new Distinct();
    let [from, to] = [0, 0];
    for (let row = 0; row < this.lengths.length; row++) {
      const count = this.lengths[row] as number;
      const start = to;
      seen.clear(count);
      for (const end = from + count; from < end; from++) {
        const hash = values[from] as number;
        if (!keepAll && !slots.repeated(hash)) continue;
        const id = featureId(hash, bits);
        if (seen.add(id)) values[to++] = id;
      }
      this.lengths[row] = to - start;
    }
    this.#values = values.slice(0, to);
  }

  /** Adds to how many texts have each id. */
  count(tally: Tally): void {
    const values = this.#values;
    for (let i = 0; i < values.length; i++) tally.add(values[i] as number);
  }

  /** Writes the column of every id where the matrix has this chunk's rows. */
  place(columns: Int32Array, at: number, columnOf: Int32Array): void {
    const values = this.#values;
    for (let i = 0; i < values.length; i++) columns[at + i] = columnOf[values[i] as number] as number;
    this.#values = new Int32Array(0);
  }
}

function grown(values: Int32Array, used: number, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * values.length, needed));
  larger.set(values.subarray(0, used));
  return larger;
}
