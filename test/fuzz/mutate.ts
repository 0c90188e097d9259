/** Numbers that a seed decides. @see mulberry32, Tommy Ettinger (2017), public domain */
export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0, less than `below`. */
  next(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  one<T>(of: readonly T[]): T {
    return of[this.next(of.length)] as T;
  }
}

/** Bytes that parsers have stumbled over. */
const ODD = [
  '\0',
  '\xff\xff\xff\xff\x0f',
  '-1',
  '99999999999999999999',
  '"__proto__":',
  '[[[[',
  '{',
  '\r\n',
  '../',
  '!!js',
  '&a [*a]',
  '%s',
  '\ufeff',
];

/** A sample with a few changes: bytes changed, cut out, repeated, moved, or odd ones put in. */
export function mutated(draws: Draws, sample: Uint8Array): Buffer {
  let bytes = Buffer.from(sample);
  for (let times = 1 + draws.next(6); times > 0 && bytes.length > 0; times--) {
    const at = draws.next(bytes.length);
    const to = Math.min(bytes.length, at + 1 + draws.next(draws.one([4, 64, 1024])));
    const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
    switch (draws.next(6)) {
      case 0:
        bytes[at] = draws.next(256);
        break;
      case 1:
        bytes = Buffer.concat([before, after]);
        break;
      case 2:
        bytes = Buffer.concat([before, part, part, after]);
        break;
      case 3:
        bytes = Buffer.concat([before, Buffer.from(draws.one(ODD), 'latin1'), after]);
        break;
      case 4:
        bytes = Buffer.concat([after, part, before]);
        break;
      default:
        bytes[at] = (bytes[at] as number) ^ (1 << draws.next(8));
    }
  }
  return bytes;
}
