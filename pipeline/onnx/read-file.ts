import { readFileSync, statSync } from 'node:fs';
import { WireError } from '../../registry-repo/onnx-scan/wire.ts';
import { NotOnnxError } from './errors.ts';
import { type OnnxSummary, summarise } from './summary.ts';

/** Protobuf's own limit, and Node's for a file in one piece. */
const MAX_BYTES = 2 ** 31 - 1;

/** Reads what is in an ONNX file. @throws {NotOnnxError} if it is no ONNX file */
export function summariseFile(path: string, name = path): OnnxSummary {
  return summariseBytes(name, readOrdinary(path));
}

/** @param name of the model, for the message @throws {NotOnnxError} */
export function summariseBytes(name: string, bytes: Uint8Array): OnnxSummary {
  try {
    return summarise(bytes);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new NotOnnxError(`${name} is no ONNX model: ${cause.message}`, { cause });
  }
}

/** A pipe is not opened: reading it could wait for ever. */
function readOrdinary(path: string): Uint8Array {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new NotOnnxError(`${path} is no file: give an ONNX file, a run or a version`);
    if (found.size > MAX_BYTES)
      throw new NotOnnxError(`${path} has ${found.size} bytes; an ONNX file ends before 2 GiB`);
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof NotOnnxError) throw cause;
    throw new NotOnnxError(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}
