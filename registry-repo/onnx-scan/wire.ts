import { type Finding, failed } from '../judge/finding.ts';

// Protobuf's wire format, read by hand: no part of it is trusted, nothing is copied, and every step is counted.
// https://protobuf.dev/programming-guides/encoding/

/** The bytes are no protobuf of this shape; what follows this place means nothing. */
export class WireError extends Error {}

/** More fields than any real model has, so that reading ends soon whatever the bytes are. */
const MAX_FIELDS = 1_000_000;
/** More messages than any real model has: the emptiest takes two bytes of a file, and some hundred of memory. */
const MAX_MESSAGES = 400_000;
const MAX_FINDINGS = 50;
const MAX_ALIKE = 10;

/** Part of a file, and the counts of the whole file. */
export class Input {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly end: number;
  readonly log: { fields: number; messages: number; findings: Finding[] };
  at: number;

  constructor(bytes: Uint8Array, log: Input['log'] = { fields: 0, messages: 0, findings: [] }) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
    this.log = log;
    this.at = 0;
  }

  /** Ten of a kind say what a thousand would: a model whose tensors are all elsewhere has one fault. */
  note(code: string, message: string): void {
    if (this.log.findings.filter((finding) => finding.code === code).length >= MAX_ALIKE) return;
    if (this.log.findings.length >= MAX_FINDINGS) throw new WireError('and more');
    this.log.findings.push(failed(code, message));
  }

  /** A varint as a signed 64-bit number; beyond ±2⁵³ it is only approximate, and unsafe as an integer. */
  varint(): number {
    let [value, scale] = [0, 1];
    for (let i = 0; i < 9; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    if (this.#byte() > 1) throw new WireError('a number is longer than 64 bits');
    return Number(BigInt.asIntN(64, this.#bigAt(this.at - 10)));
  }

  /** The next `length` bytes as an input of their own. */
  slice(length: number): Input {
    if (length < 0 || length > this.end - this.at) throw new WireError('a length reaches past the end');
    const part = new Input(this.bytes.subarray(this.at, this.at + length), this.log);
    this.at += length;
    return part;
  }

  /** Counts a field against the limit. */
  count(): void {
    if (++this.log.fields > MAX_FIELDS) throw new WireError(`more than ${MAX_FIELDS} fields`);
  }

  /** Counts a message against the limit. */
  enter(): void {
    if (++this.log.messages > MAX_MESSAGES) throw new WireError(`more than ${MAX_MESSAGES} messages`);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.slice(8);
    else if (wire === 2) this.slice(this.varint());
    else if (wire === 5) this.slice(4);
    else throw new WireError(`wire type ${wire} is not in use`);
  }

  #byte(): number {
    if (this.at >= this.end) throw new WireError('the file ends inside a number');
    return this.bytes[this.at++] as number;
  }

  #bigAt(at: number): bigint {
    let value = 0n;
    for (let i = 9; i >= 0; i--) value = (value << 7n) | BigInt((this.bytes[at + i] as number) & 0x7f);
    return value;
  }
}

/** How one field of a message is read; `before` is undefined the first time. */
export type Field<T> = {
  readonly number: number;
  readonly repeated: boolean;
  readonly empty: () => T;
  read(input: Input, wire: number, before: T): T;
};

const expect = (wire: number, wanted: number): void => {
  if (wire !== wanted) throw new WireError(`wire type ${wire} where ${wanted} belongs`);
};

const single = <T>(number: number, wire: number, read: (input: Input) => T): Field<T | null> => ({
  number,
  repeated: false,
  empty: () => null,
  read: (input, w) => {
    expect(w, wire);
    return read(input);
  },
});

export const int = (number: number): Field<number | null> => single(number, 0, (input) => input.varint());

export const float = (number: number): Field<number | null> =>
  single(number, 5, (input) => input.slice(4).view.getFloat32(0, true));

export const bytes = (number: number): Field<Uint8Array | null> =>
  single(number, 2, (input) => input.slice(input.varint()).bytes);

const decoder = new TextDecoder('utf-8', { fatal: true });
const MAX_TEXT = 100_000;

function readText(input: Input): string {
  const { bytes } = input.slice(input.varint());
  if (bytes.length > MAX_TEXT) throw new WireError(`a text has ${bytes.length} bytes`);
  try {
    return decoder.decode(bytes);
  } catch {
    throw new WireError('a text is not UTF-8');
  }
}

export const text = (number: number): Field<string | null> => single(number, 2, readText);

const many = <T>(number: number, read: (input: Input, wire: number, into: T[]) => void): Field<T[]> => ({
  number,
  repeated: true,
  empty: () => [],
  read: (input, wire, before) => {
    read(input, wire, before);
    return before;
  },
});

export const texts = (number: number): Field<string[]> =>
  many(number, (input, wire, into) => {
    expect(wire, 2);
    into.push(readText(input));
  });

/** Whole numbers, one by one or packed. */
export const ints = (number: number): Field<number[]> =>
  many(number, (input, wire, into) => {
    if (wire === 0) return void into.push(input.varint());
    expect(wire, 2);
    const packed = input.slice(input.varint());
    while (packed.at < packed.end) {
      packed.count();
      into.push(packed.varint());
    }
  });

/** Counts floats, one by one or packed; their values do not matter. */
export const floats = (number: number): Field<number> => ({
  number,
  repeated: true,
  empty: () => 0,
  read: (input, wire, before) => {
    if (wire === 5) {
      input.slice(4);
      return before + 1;
    }
    expect(wire, 2);
    const { end } = input.slice(input.varint());
    if (end % 4 !== 0) throw new WireError('packed floats end inside a float');
    return before + end / 4;
  },
});

/**
 * Packed data of a tensor: how many elements, and where they are. Every part has elements, so there are no more parts
 * than elements.
 */
export type Packed = { readonly count: number; readonly parts: readonly Uint8Array[] };

const packed = (number: number, countOf: (part: Input) => number): Field<Packed> => {
  const field: Field<{ count: number; parts: Uint8Array[] }> = {
    number,
    repeated: true,
    empty: () => ({ count: 0, parts: [] }),
    read: (input, wire, into) => {
      expect(wire, 2);
      const part = input.slice(input.varint());
      into.count += countOf(part);
      if (part.end > 0) into.parts.push(part.bytes);
      return into;
    },
  };
  return field;
};

export const packedFixed = (number: number, size: 4 | 8): Field<Packed> =>
  packed(number, ({ end }) => {
    if (end % size !== 0) throw new WireError('packed data ends inside an element');
    return end / size;
  });

export const packedVarints = (number: number): Field<Packed> =>
  packed(number, ({ bytes }) => {
    let count = 0;
    for (const byte of bytes) if (byte < 0x80) count++;
    if (bytes.length > 0 && (bytes.at(-1) as number) >= 0x80) throw new WireError('packed data ends inside a number');
    return count;
  });

/** A field that no candidate may have, whatever is in it. */
export const forbidden = (number: number, code: string, message: string): Field<null> => ({
  number,
  repeated: true,
  empty: () => null,
  read: (input, wire) => {
    input.note(code, message);
    input.skip(wire);
    return null;
  },
});

type Fields = Record<string, Field<unknown>>;

/** What a message may hold. */
export type Shape<F extends Fields> = {
  readonly name: string;
  readonly fields: F;
  readonly byNumber: ReadonlyMap<number, readonly [key: string, field: Field<unknown>]>;
};
export type MessageOf<S> =
  S extends Shape<infer F> ? { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never } : never;

export const shape = <F extends Fields>(name: string, fields: F): Shape<F> => ({
  name,
  fields,
  byNumber: new Map(Object.entries(fields).map(([key, field]) => [field.number, [key, field]])),
});

/** Reads one message: every byte of it, no field that is not described, no single field twice. */
export function readMessage<F extends Fields>({ name, fields, byNumber }: Shape<F>, input: Input): MessageOf<Shape<F>> {
  input.enter();
  const message: Record<string, unknown> = {};
  for (const key in fields) message[key] = fields[key]?.empty();
  const seen = new Set<number>();
  while (input.at < input.end) {
    input.count();
    const tag = input.varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    const known = byNumber.get(number);
    if (tag < 8 || number > 0x1fff_ffff) throw new WireError('a field without a number');
    if (!known) {
      input.note('unknown-field', `${name} has a field ${number}, which its format does not know`);
      input.skip(wire);
      continue;
    }
    const [key, field] = known;
    if (seen.has(number) && !field.repeated)
      input.note('repeated-field', `${name} has its ${key} twice: readers differ in which one counts`);
    seen.add(number);
    message[key] = field.read(input, wire, message[key]);
  }
  return message as MessageOf<Shape<F>>;
}

const nested = <F extends Fields>(of: Shape<F>, input: Input, wire: number): MessageOf<Shape<F>> => {
  expect(wire, 2);
  return readMessage(of, input.slice(input.varint()));
};

export const message = <F extends Fields>(number: number, of: Shape<F>): Field<MessageOf<Shape<F>> | null> => ({
  number,
  repeated: false,
  empty: () => null,
  read: (input, wire) => nested(of, input, wire),
});

export const messages = <F extends Fields>(number: number, of: Shape<F>): Field<MessageOf<Shape<F>>[]> =>
  many(number, (input, wire, into) => void into.push(nested(of, input, wire)));
