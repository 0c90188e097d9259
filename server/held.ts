import { QueueFullError } from './inference/errors.ts';

/** The bytes that one request holds. */
export type Share = {
  /** Counts bytes that have arrived. @throws {QueueFullError} if there is no room for them */
  readonly add: (bytes: number) => void;
  /** The body is complete: from now on the request keeps its bytes. */
  readonly whole: () => void;
  /** Rejects if this request has to give its bytes up to another one while its body is still arriving. */
  readonly lost: Promise<never>;
};

type Holding = { bytes: number; arriving: boolean; readonly lose: (error: QueueFullError) => void };

/**
 * Counts the bytes that all requests hold together. Bytes count when they have arrived, not when they are announced, so
 * a client that announces much and sends nothing takes no room. When there is no room left, the unfinished request that
 * holds most gives way. So a few clients that keep large bodies open do not turn away many small requests.
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

  /**
   * Runs work with a share of the bytes, and gives the share back at the end. If the server holds nothing else, any one
   * request fits.
   */
  async while<R>(work: (share: Share) => Promise<R>): Promise<R> {
    let lose: Holding['lose'] = () => {};
    const lost = new Promise<never>((_, reject) => {
      lose = reject;
    });
    lost.catch(() => {}); // the reader of the body gets the rejection
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
