import type { Tf } from '../backend.ts';

type Attribute = { readonly name: string; readonly type: number; readonly value: number | boolean };
type Kernels = object & {
  readonly binding: Readonly<Record<'TF_ATTR_TYPE' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>>;
  executeSingleOutput(name: string, attributes: readonly Attribute[], inputs: readonly unknown[]): never;
};

const NAME = 'BatchMatMul';
const BACKEND = 'tensorflow';

/**
 * Makes tfjs-node multiply two matrices by TensorFlow's operation for two matrices. It would use the one for batches of
 * matrices, which takes two to three times as long for matrices as small as those of one step of an LSTM.
 */
export function registerMatrixProduct(tf: Tf): void {
  const general = tf.getKernel(NAME, BACKEND);
  tf.unregisterKernel(NAME, BACKEND);
  tf.registerKernel({
    ...general,
    kernelFunc: (given) => {
      const { a, b } = given.inputs;
      const isMatrix = (x: typeof a) => x?.shape.length === 2 && x.dtype === 'float32';
      if (!isMatrix(a) || !isMatrix(b)) return general.kernelFunc(given);
      const kernels = given.backend as Kernels;
      const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = kernels.binding;
      const { transposeA = false, transposeB = false } = given.attrs as { transposeA?: boolean; transposeB?: boolean };
      const attributes = [
        { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
        { name: 'transpose_a', type: TF_ATTR_BOOL, value: transposeA },
        { name: 'transpose_b', type: TF_ATTR_BOOL, value: transposeB },
      ];
      return kernels.executeSingleOutput('MatMul', attributes, [a, b]);
    },
  });
}
