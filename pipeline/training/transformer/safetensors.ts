import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Digest } from '../../../registry-repo/values.ts';
import type { Parameter } from '../../onnx/architecture.ts';
import { WeightsError } from './errors.ts';
import { isReal, toFloat32 } from './floats.ts';
import { type Header, headerLength, LENGTH_BYTES, readHeader } from './safetensors-header.ts';

/** Bytes of one read: the system takes no more than 2 GiB at once. */
const CHUNK = 64 * 1024 * 1024;

/**
 * All tensors of real numbers in a file that is in memory; others (token positions, for example) are left out.
 *
 * @throws {RangeError} if it is no safetensors file, naming what is wrong
 */
export function readSafetensors(bytes: Uint8Array): Map<string, Parameter> {
  const length = headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length);
  const { tensors } = readHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), bytes.length);
  const found = new Map<string, Parameter>();
  for (const { name, dtype, shape, start, end } of tensors)
    if (isReal(dtype)) found.set(name, { shape, data: toFloat32(dtype, new Uint8Array(bytes.subarray(start, end))) });
  return found;
}

export type Loading = {
  /**
   * Chooses a receiver for each tensor, by its name, once the header is known; it may throw. Other tensors are skipped.
   */
  readonly choose: (header: Header) => ReadonlyMap<string, (tensor: Parameter) => void>;
  readonly progress?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
};

/**
 * Reads chosen tensors of a file, one in memory at a time, and the digest of the whole file, in one pass: exactly the
 * bytes that are read are digested.
 *
 * @throws {WeightsError} naming the file, and why it cannot be read or is no safetensors file; whatever `choose` throws
 */
export async function loadSafetensors(file: string, loading: Loading): Promise<Digest> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file);
    const found = await handle.stat();
    if (!found.isFile()) throw new RangeError('not a file');
    return await read(handle, found.size, loading);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof RangeError) throw new WeightsError(`${file}: ${message}`, { cause });
    if (code !== undefined && (cause as NodeJS.ErrnoException).syscall)
      throw new WeightsError(`cannot read ${file} (${code})`, { cause });
    throw cause;
  } finally {
    await handle?.close();
  }
}

async function read(handle: FileHandle, size: number, loading: Loading): Promise<Digest> {
  const hash = createHash('sha256');
  const next = async (from: number, to: number) => {
    const bytes = await readRange(handle, from, to, loading.signal);
    hash.update(bytes);
    loading.progress?.(to, size);
    return bytes;
  };
  const length = headerLength(await next(0, Math.min(LENGTH_BYTES, size)), size);
  const header = readHeader(await next(LENGTH_BYTES, LENGTH_BYTES + length), size);
  const chosen = loading.choose(header);
  for (const { name, dtype, shape, start, end } of header.tensors) {
    const take = chosen.get(name);
    if (take) take({ shape, data: toFloat32(dtype, await next(start, end)) });
    else for (let at = start; at < end; at += CHUNK) await next(at, Math.min(end, at + CHUNK));
  }
  return `sha256:${hash.digest('hex')}`;
}

async function readRange(handle: FileHandle, from: number, to: number, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from);
  for (let at = 0; at < bytes.length; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, at, Math.min(CHUNK, bytes.length - at), from + at);
    if (bytesRead === 0) throw new RangeError('it became shorter while it was read');
    at += bytesRead;
  }
  return bytes;
}
