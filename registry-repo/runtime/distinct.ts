/**
 * A set of 32-bit integers that is emptied in constant time and used again: open addressing, slots stamped with their
 * round.
 */
export class Distinct {
  #keys = new Int32Array(2);
  #rounds = new Int32Array(2);
  #round = 0;
  #mask = 1;

  /** Empties the set. @param most how many may be added before the next call */
  clear(most: number): void {
    if (this.#keys.length < 2 * most) {
      const size = 2 ** Math.ceil(Math.log2(4 * most));
      this.#keys = new Int32Array(size);
      this.#rounds = new Int32Array(size);
      this.#round = 0;
      this.#mask = size - 1;
    }
    if (++this.#round === 0x7fffffff) {
      this.#rounds.fill(0);
      this.#round = 1;
    }
  }

  /** @returns whether it was new */
  add(key: number): boolean {
    const keys = this.#keys;
    const rounds = this.#rounds;
    const mask = this.#mask;
    let slot = (key ^ (key >>> 15)) & mask;
    while (rounds[slot] === this.#round) {
      if (keys[slot] === key) return false;
      slot = (slot + 1) & mask;
    }
    rounds[slot] = this.#round;
    keys[slot] = key;
    return true;
  }
}
