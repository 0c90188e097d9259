import { QueueFullError } from './inference/errors.ts';

/** What one request holds. */
export type Share = {
  /** So many more bytes have come. @throws {QueueFullError} if there is no room for them */
  readonly add: (bytes: number) => void;
  /** The body is whole: from now on it makes room for nobody. */
  readonly whole: () => void;
  /** Rejects if this request has to make room for another one, while its body still comes. */
  readonly lost: Promise<never>;
};

type Holding = { bytes: number; arriving: boolean; readonly lose: (error: QueueFullError) => void };

/**
 * How many bytes of requests are held at once, by all of them together. What counts is what has come, not what was announced:
 * who announces and sends nothing takes nobody's room. Where there is none left, the request that holds most while it still
 * comes gives way, so that a few who keep large bodies open do not turn away many small ones.
 */
export class Held {
  readonly #most: number;
  readonly #holding = new Set<Holding>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** How many bytes are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Works with a share, which is given back at the end. A server that holds nothing else takes any one request. */
  async while<R>(work: (share: Share) => Promise<R>): Promise<R> {
    let lose: Holding['lose'] = () => {};
    const lost = new Promise<never>((_, reject) => {
      lose = reject;
    });
    lost.catch(() => {}); // whoever reads hears of it
    const own: Holding = { bytes: 0, arriving: true, lose };
    this.#holding.add(own);
    const whole = () => {
      own.arriving = false;
    };
    try {
      return await work({ add: (bytes) => this.#add(own, bytes), whole, lost });
    } finally {
      this.#drop(own);
    }
  }

  #add(own: Holding, bytes: number): void {
    if (!this.#holding.has(own)) throw full();
    while (this.#bytes > own.bytes && this.#bytes + bytes > this.#most) {
      const largest = this.#largestArriving();
      if (!largest || largest.bytes <= own.bytes + bytes) throw full();
      largest.lose(full());
      this.#drop(largest);
    }
    own.bytes += bytes;
    this.#bytes += bytes;
  }

  #largestArriving(): Holding | undefined {
    let largest: Holding | undefined;
    for (const holding of this.#holding)
      if (holding.arriving && holding.bytes > (largest?.bytes ?? 0)) largest = holding;
    return largest;
  }

  #drop(holding: Holding): void {
    if (this.#holding.delete(holding)) this.#bytes -= holding.bytes;
  }
}

const full = () => new QueueFullError('too many requests are being read and answered: ask again in a moment');
