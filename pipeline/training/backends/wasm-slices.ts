import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

type Given = Parameters<tf.KernelFunc>[0];

/**
 * Kernels that take parts of a tensor. The package's own kernels copy the whole tensor for every part, so cutting a
 * text into its tokens takes time by the square of its length.
 */
export function registerSlices(): void {
  replace('Slice', (given) => {
    const { begin, size } = given.attrs as unknown as { begin: number[]; size: number[] };
    return part(given, ...(tf.slice_util.parseSliceParams(inputOf(given), begin, size) as [number[], number[]]));
  });
  replace('Unpack', (given) => {
    const { shape } = inputOf(given);
    const axis = axisOf(given);
    const rest = shape.filter((_, i) => i !== axis);
    return parts(given, axis, new Array<number>(shape[axis] as number).fill(1)).map((x) => ({ ...x, shape: rest }));
  });
  replace('SplitV', (given) => {
    const axis = axisOf(given);
    const { numOrSizeSplits } = given.attrs as unknown as { numOrSizeSplits: number | number[] };
    return parts(given, axis, tf.backend_util.prepareSplitSize(inputOf(given) as never, numOrSizeSplits, axis));
  });
}

/** Numbers only: strings are not in the memory. */
function replace(kernelName: string, ours: tf.KernelFunc): void {
  const general = tf.getKernel(kernelName, 'wasm');
  if (replaced.has(general)) return;
  tf.unregisterKernel(kernelName, 'wasm');
  const kernelFunc: tf.KernelFunc = (given) =>
    inputOf(given).dtype === 'string' ? general.kernelFunc(given) : ours(given);
  tf.registerKernel({ ...general, kernelFunc });
  replaced.add(tf.getKernel(kernelName, 'wasm'));
}

const replaced = new Set<tf.KernelConfig>();

const inputOf = ({ inputs }: Given): tf.TensorInfo => (inputs.x ?? inputs.value) as tf.TensorInfo;

function axisOf(given: Given): number {
  const { axis } = given.attrs as unknown as { axis: number };
  return axis < 0 ? axis + inputOf(given).shape.length : axis;
}

/** Neighbouring parts of the given sizes along one axis. */
function parts(given: Given, axis: number, sizes: readonly number[]): tf.TensorInfo[] {
  const { shape } = inputOf(given);
  let at = 0;
  return sizes.map((size) => {
    const begin = shape.map((_, i) => (i === axis ? at : 0));
    at += size;
    return part(
      given,
      begin,
      shape.map((n, i) => (i === axis ? size : n)),
    );
  });
}

function part(given: Given, begin: readonly number[], size: readonly number[]): tf.TensorInfo {
  const wasm = given.backend as BackendWasm;
  const x = inputOf(given);
  const out = wasm.makeOutput([...size], x.dtype);
  if (tf.util.sizeFromShape([...size]) === 0) return out;
  // Read after the output has its place, because allocating may move the memory.
  const [from, to] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(out)];
  const strides = [...tf.util.computeStrides(x.shape), 1].slice(-Math.max(1, x.shape.length));
  // What is contiguous: every axis after the last one that is cut, and that one.
  let cut = x.shape.length - 1;
  while (cut > 0 && size[cut] === x.shape[cut]) cut--;
  const run = size.slice(cut).reduce((a, b) => a * b, 1);
  const copy = (axis: number, source: number, target: number): number => {
    const first = source + (begin[axis] ?? 0) * (strides[axis] as number);
    if (axis >= cut) {
      to.set(from.subarray(first, first + run), target);
      return target + run;
    }
    let next = target;
    for (let i = 0; i < (size[axis] as number); i++) next = copy(axis + 1, first + i * (strides[axis] as number), next);
    return next;
  };
  copy(0, 0, 0);
  return out;
}
