import { ModelRefusedError, ProcessorLacksVnniError } from '../errors.ts';
import type { Manifest } from '../manifest.ts';
import { vnniOf } from '../onnx-scan/byte-products.ts';
import { WireError } from '../onnx-scan/wire.ts';
import { describeProcessor, type Processor } from './processor.ts';

/**
 * Refuses a model whose sums of bytes would overflow on this processor. No other check does so. If the processor is
 * unknown, the golden answers have to show it. Bytes that are no ONNX model are left to the runtime, which refuses them
 * in the same words on every processor.
 *
 * @throws {ProcessorLacksVnniError}
 */
export function checkByteSums(model: Uint8Array, processor: Processor): void {
  if (processor.byteSums === 'overflow' && needsVnni(model))
    throw new ProcessorLacksVnniError(describeProcessor(processor));
}

function needsVnni(model: Uint8Array): boolean {
  try {
    return vnniOf(model) === 'needed';
  } catch (cause) {
    if (cause instanceof WireError) return false;
    throw cause;
  }
}

/** What a manifest says of the graph's needs, found in the graph's own bytes. @throws {ModelRefusedError} */
export function needsOf(model: Uint8Array): Manifest['processor'] {
  try {
    const vnni = vnniOf(model);
    return vnni === null ? undefined : { vnni };
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new ModelRefusedError(`not an ONNX model: ${cause.message}`, { cause });
  }
}

/** The same check, by what a manifest says, before there are any bytes. @throws {ProcessorLacksVnniError} */
export function checkNeeds({ processor: needs }: Pick<Manifest, 'processor'>, processor: Processor): void {
  if (needs?.vnni === 'needed' && processor.byteSums === 'overflow')
    throw new ProcessorLacksVnniError(describeProcessor(processor));
}
