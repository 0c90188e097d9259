/**
 * Messages between a model's process and its parent, over pipes: the length of the text (4 bytes), the length of the
 * bytes (6 bytes), the text as JSON in UTF-8, the bytes. A length is known before any content is kept.
 */
const PREFIX = 10;

/** @returns what is sent first; the bytes themselves follow, uncopied */
export function frameHead(message: unknown, bytes: number): Buffer {
  const text = Buffer.from(JSON.stringify(message), 'utf8');
  const head = Buffer.allocUnsafe(PREFIX + text.length);
  head.writeUInt32LE(text.length, 0);
  head.writeUIntLE(bytes, 4, 6);
  text.copy(head, PREFIX);
  return head;
}

export type Frame = { readonly message: unknown; readonly bytes: Buffer };

export type FrameLimits = { readonly text: number; readonly bytes: number };

/** Puts messages together from the pieces that a pipe gives. */
export class FrameReader {
  readonly #limits: FrameLimits;
  readonly #hear: (frame: Frame) => void;
  readonly #prefix = Buffer.alloc(PREFIX);
  #prefixed = 0;
  #text: Buffer | null = null;
  #bytes: Buffer | null = null;
  #filled = 0;

  /** @param limits the longest text and the most bytes of one message */
  constructor(limits: FrameLimits, hear: (frame: Frame) => void) {
    this.#limits = limits;
    this.#hear = hear;
  }

  /** @throws {RangeError | SyntaxError} the bytes are no message; nothing more can be read */
  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length || this.#complete) {
      if (this.#complete) this.#end();
      else if (this.#text === null) at += this.#readPrefix(chunk, at);
      else at += this.#fill(chunk, at);
    }
  }

  get #complete(): boolean {
    return this.#text !== null && this.#bytes !== null && this.#filled === this.#text.length + this.#bytes.length;
  }

  #readPrefix(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#prefix, this.#prefixed, at, at + PREFIX - this.#prefixed);
    this.#prefixed += taken;
    if (this.#prefixed < PREFIX) return taken;
    const [text, bytes] = [this.#prefix.readUInt32LE(0), this.#prefix.readUIntLE(4, 6)];
    if (text > this.#limits.text || bytes > this.#limits.bytes)
      throw new RangeError(`a message of ${text} characters and ${bytes} bytes`);
    this.#text = Buffer.allocUnsafe(text);
    this.#bytes = bytes === 0 ? NONE : Buffer.from(new ArrayBuffer(bytes)); // its own memory: floats need it aligned
    return taken;
  }

  #fill(chunk: Buffer, at: number): number {
    const [text, bytes] = [this.#text as Buffer, this.#bytes as Buffer];
    const inText = this.#filled < text.length;
    const taken = inText
      ? chunk.copy(text, this.#filled, at, Math.min(chunk.length, at + text.length - this.#filled))
      : chunk.copy(bytes, this.#filled - text.length, at);
    this.#filled += taken;
    return taken;
  }

  #end(): void {
    const [text, bytes] = [this.#text as Buffer, this.#bytes as Buffer];
    this.#text = this.#bytes = null;
    this.#prefixed = this.#filled = 0;
    this.#hear({ message: JSON.parse(text.toString('utf8')), bytes });
  }
}

const NONE = Buffer.alloc(0);
