import { type BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { MEMORY_REMEDY } from '../../../registry-repo/out-of-memory.ts';
import type { Backend } from './backend.ts';
import { registerSlices } from './wasm-slices.ts';

/** WebAssembly with SIMD, one thread: about forty times as fast as plain JavaScript. */
export async function openWasm(): Promise<Backend> {
  tf.enableProdMode();
  registerSegmentSum();
  registerSlices();
  if (!(await tf.setBackend('wasm')))
    throw new Error(`WebAssembly did not start: if \`ulimit -v\` bounds its addresses, ${MEMORY_REMEDY.system}`);
  return { name: 'wasm', version: version_wasm, tf, slowTransposed: true };
}

/** The one kernel that training needs and the package lacks: it sums rows by their segment. */
function registerSegmentSum(): void {
  if (tf.getKernel('UnsortedSegmentSum', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
      const wasm = backend as BackendWasm;
      const shape = [(attrs as unknown as { numSegments: number }).numSegments, ...x.shape.slice(1)];
      const [rows, ids] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(segmentIds)];
      const width = shape.slice(1).reduce((a, b) => a * b, 1);
      const sums = new Float32Array((shape[0] as number) * width);
      ids.forEach((id, row) => {
        for (let i = 0; i < width; i++) sums[id * width + i]! += rows[row * width + i] as number;
      });
      return wasm.makeOutput(shape, 'float32', undefined, sums as never);
    },
  });
}
