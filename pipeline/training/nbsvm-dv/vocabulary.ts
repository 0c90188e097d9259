import { featureId } from '../../../registry-repo/runtime/feature-ids.ts';
import { type Slots, slotOf } from './slots.ts';

const LEAST_SLOTS = 1 << 16;

/** Counts hashes exactly; then numbers those that are frequent enough. */
export class Vocabulary {
  #hashes = new Int32Array(LEAST_SLOTS);
  /** 0 for a slot that is free. */
  #counts = new Int32Array(LEAST_SLOTS);
  /** By slot, after `number`: the column, or -1. */
  #columns = new Int32Array(0);
  #used = 0;

  add(hash: number): void {
    const slot = this.#slot(hash);
    const count = this.#counts[slot] as number;
    this.#counts[slot] = count + 1;
    if (count > 0) return;
    this.#hashes[slot] = hash;
    if (2 * ++this.#used > this.#counts.length) this.#grow();
  }

  /**
   * Numbers the ids of the hashes that were added `least` times or more, the most frequent first, of equal ones the
   * smaller id. Hashes of one id share its column. A slot belongs to its most frequent id; its other ids get no column.
   *
   * @returns by column its id and how often it was added
   */
  number(least: number, slots: Slots): { readonly idOf: Int32Array; readonly counts: Float64Array } {
    const byId = new Map<number, number>();
    for (let slot = 0; slot < this.#counts.length; slot++) {
      const count = this.#counts[slot] as number;
      if (count === 0 || count < least) continue;
      const id = featureId(this.#hashes[slot] as number, slots.bits);
      byId.set(id, (byId.get(id) ?? 0) + count);
    }
    const taken = new Uint8Array(2 ** slots.slotBits);
    const sorted = [...byId]
      .sort(([a, m], [b, n]) => n - m || a - b)
      .filter(([id]) => {
        const slot = slotOf(slots, id);
        if (taken[slot] === 1) return false;
        taken[slot] = 1;
        return true;
      });
    const columnOf = new Map(sorted.map(([id], column) => [id, column]));
    this.#columns = new Int32Array(this.#counts.length).fill(-1);
    for (let slot = 0; slot < this.#counts.length; slot++)
      if ((this.#counts[slot] as number) >= Math.max(1, least))
        this.#columns[slot] = columnOf.get(featureId(this.#hashes[slot] as number, slots.bits)) ?? -1;
    return { idOf: Int32Array.from(sorted, ([id]) => id), counts: Float64Array.from(sorted, ([, count]) => count) };
  }

  /** The column of a hash; -1 for one without. Only after `number`. */
  column(hash: number): number {
    const slot = this.#slot(hash);
    return this.#counts[slot] === 0 ? -1 : (this.#columns[slot] as number);
  }

  /** The hash's slot, or the free one that it would get. Hashes are mixed well, so their low bits are enough. */
  #slot(hash: number): number {
    const mask = this.#counts.length - 1;
    let slot = hash & mask;
    while (this.#counts[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [hashes, counts] = [this.#hashes, this.#counts];
    this.#hashes = new Int32Array(2 * hashes.length);
    this.#counts = new Int32Array(2 * hashes.length);
    for (let slot = 0; slot < hashes.length; slot++) {
      if (counts[slot] === 0) continue;
      const to = this.#slot(hashes[slot] as number);
      this.#hashes[to] = hashes[slot] as number;
      this.#counts[to] = counts[slot] as number;
    }
  }
}
