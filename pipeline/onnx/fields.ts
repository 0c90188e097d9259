import { Input } from '../../registry-repo/onnx-scan/wire.ts';

/** One field of a message, uninterpreted. */
export type RawField = {
  readonly number: number;
  /** Tag and value, exactly as in the file. */
  readonly raw: Uint8Array;
  /** The field's content, for one that has a length; else empty. */
  readonly body: Uint8Array;
};

const LENGTH_DELIMITED = 2;

/** The fields of a message, in order: joined again they are the same bytes. @throws {WireError} */
export function splitFields(bytes: Uint8Array): RawField[] {
  const input = new Input(bytes);
  const fields: RawField[] = [];
  while (input.at < input.end) {
    input.count();
    const start = input.at;
    const tag = input.varint();
    const wire = tag % 8;
    let body: Uint8Array = new Uint8Array(0);
    if (wire === LENGTH_DELIMITED) body = input.slice(input.varint()).bytes;
    else input.skip(wire);
    fields.push({ number: Math.floor(tag / 8), raw: bytes.subarray(start, input.at), body });
  }
  return fields;
}
