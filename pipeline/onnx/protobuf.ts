// Protobuf's wire format, written by hand (https://protobuf.dev/programming-guides/encoding/): fields are written in
// the given order, so that the same message has the same bytes everywhere.

/** One encoded field, or several. */
export type Field = Uint8Array;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

const tag = (field: number, wire: number): Uint8Array => varint(BigInt(field * 8 + wire));

/** int32, int64, enum or bool. */
export const integer = (field: number, value: number): Field =>
  Buffer.concat([tag(field, VARINT), varint(BigInt(value))]);

/** float. */
export function float(field: number, value: number): Field {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, FIXED32), bytes]);
}

/** bytes, or an embedded message that is encoded already. */
export const bytes = (field: number, value: Uint8Array): Field =>
  Buffer.concat([tag(field, LENGTH_DELIMITED), varint(BigInt(value.length)), value]);

/** string. */
export const text = (field: number, value: string): Field => bytes(field, Buffer.from(value, 'utf8'));

/** An embedded message of these fields. */
export const message = (field: number, fields: readonly Field[]): Field => bytes(field, Buffer.concat(fields));
