// Before the library: it must not send usage data.
import './no-telemetry.ts';

import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelRefusedError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import { checkByteSums } from './byte-sums.ts';
import type { Processor } from './processor.ts';
import { thisProcessor } from './this-processor.ts';

type Contract = Manifest['contract'];
type Input = Contract['inputs'][number];

/** Row-major numbers of one input, [rows, columns]. */
export type Feed = { readonly data: Int32Array; readonly rows: number; readonly columns: number };

/** A loaded graph. */
export type Session = {
  /** @returns the output, row-major @throws {ModelRefusedError} if the graph fails or gives another type or shape */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Float32Array>;
  release(): Promise<void>;
};

/**
 * `session.x64quantprecision` of ONNX Runtime: where products of bytes may overflow, constant signed bytes become
 * unsigned.
 */
const REWRITE_BYTES = { x64quantprecision: '1' };

/** Version of the native runtime that computes. */
export const runtimeVersion = (): string => env.versions.node ?? 'unknown';

/**
 * Loads a graph into ONNX Runtime, on the processor. On a processor that adds products of bytes in 16 bits, constant
 * signed bytes are rewritten as unsigned ones, so that the graph answers as it does elsewhere. That costs speed, so it
 * is not done on other processors.
 *
 * @param threads that one run computes with; waiting threads sleep instead of spinning
 * @throws {ModelRefusedError}
 * @throws {ProcessorLacksVnniError} for a graph whose sums would overflow all the same
 */
export async function openSession(
  model: Uint8Array,
  contract: Contract,
  threads: number,
  processor: Processor = thisProcessor(),
): Promise<Session> {
  checkByteSums(model, processor);
  const session = await refusing(() =>
    InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
      extra: { session: { intra_op: { allow_spinning: '0' }, ...(processor.byteSums !== 'exact' && REWRITE_BYTES) } },
    }),
  );
  return {
    run: (feeds) =>
      refusing(async () => {
        const tensors = Object.fromEntries(contract.inputs.map((input) => [input.name, tensorOf(input, feeds)]));
        const output = (await session.run(tensors))[contract.output.name];
        const rows = Object.values(feeds)[0]?.rows ?? 0;
        return checked(output, rows, contract);
      }),
    release: () => session.release(),
  };
}

function tensorOf({ name, type }: Input, feeds: Readonly<Record<string, Feed>>): Tensor {
  const { data, rows, columns } = feeds[name] ?? { data: new Int32Array(0), rows: 0, columns: 0 };
  const dims = [rows, columns];
  if (type === 'int32') return new Tensor('int32', data, dims);
  if (type === 'int64') return new Tensor('int64', BigInt64Array.from(data, BigInt), dims);
  return new Tensor('float32', Float32Array.from(data), dims);
}

function checked(output: Tensor | undefined, rows: number, { output: wanted }: Contract): Float32Array {
  const labels = wanted.shape.at(-1);
  const { dims = [], data } = output ?? {};
  if (!(data instanceof Float32Array) || dims.length !== 2 || dims[0] !== rows || dims[1] !== labels)
    throw new ModelRefusedError(
      `the graph gave ${output?.type ?? 'nothing'} of shape [${dims.join(', ')}], not float32 of shape [${rows}, ${labels}]`,
    );
  return data;
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ModelRefusedError) throw cause;
    throw new ModelRefusedError(`ONNX Runtime refuses the model: ${(cause as Error).message}`, { cause });
  }
}
