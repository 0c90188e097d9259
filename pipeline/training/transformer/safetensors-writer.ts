import { randomUUID } from 'node:crypto';
import { mkdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeNew } from '../../../registry-repo/artifacts/files.ts';
import type { Parameter, Parameters } from '../../onnx/architecture.ts';

type Metadata = Readonly<Record<string, string>>;

/** The same tensors in the same order give the same bytes. @throws {RangeError} if a tensor's numbers do not fill its shape */
export const writeSafetensors = (tensors: Parameters, metadata: Metadata = {}): Uint8Array =>
  Buffer.concat([...chunksOf(tensors, metadata)]);

/** Writes them to a file, which appears whole and is on the disk when this resolves; it replaces an existing file. */
export async function saveSafetensors(file: string, tensors: Parameters, metadata: Metadata = {}): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeNew(temporary, chunksOf(tensors, metadata), { sync: true });
    await rename(temporary, file);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    throw cause;
  }
}

function* chunksOf(tensors: Parameters, metadata: Metadata): Generator<Uint8Array> {
  yield headerOf(tensors, metadata);
  for (const { data } of tensors.values()) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Length and JSON; spaces at its end make the tensors begin at a multiple of 8. */
function headerOf(tensors: Parameters, metadata: Metadata): Uint8Array {
  let at = 0;
  const entries = [...tensors].map(([name, tensor]) => {
    checkSize(name, tensor);
    const start = at;
    at += tensor.data.byteLength;
    return [name, { dtype: 'F32', shape: tensor.shape, data_offsets: [start, at] }] as const;
  });
  const about = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  const json = Buffer.from(JSON.stringify({ ...about, ...Object.fromEntries(entries) }));
  const length = Math.ceil(json.length / 8) * 8;
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  json.copy(header, 8);
  return header;
}

function checkSize(name: string, { shape, data }: Parameter): void {
  const size = shape.reduce((product, n) => product * n, 1);
  if (size !== data.length) throw new RangeError(`${name} has ${data.length} numbers for the shape [${shape}]`);
}
