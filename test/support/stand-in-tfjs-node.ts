import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const here = createRequire(import.meta.url);

/**
 * Stands in for a published @tensorflow/tfjs-node, whose binary is downloaded when it is installed: the same entry
 * points, computed by TensorFlow.js's plain JavaScript.
 *
 * @param folder what NODE_PATH names
 * @param code put before everything else
 * @param product the order of its multiplication
 */
export function standInTfjsNode(folder: string, name: string, { code = '', product = 'a, b' } = {}): void {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version: '4.22.0', main: 'index.js' }));
  writeFileSync(
    join(place, 'index.js'),
    `${code}
const tf = require(${JSON.stringify(here.resolve('@tensorflow/tfjs-core'))});
const { MathBackendCPU } = require(${JSON.stringify(here.resolve('@tensorflow/tfjs-backend-cpu'))});
class Backend extends MathBackendCPU {
  isUsingGpuDevice = false;
  binding = { TF_Version: '2.9.1', TF_ATTR_TYPE: 1, TF_ATTR_BOOL: 2, TF_FLOAT: 3 };
  executeSingleOutput(name, attributes, [${product}]) {
    const [, transposeA, transposeB] = attributes.map(({ value }) => value);
    if (name !== 'MatMul') throw new Error('no operation ' + name);
    return tf.getKernel('BatchMatMul', 'cpu').kernelFunc({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend: this });
  }
}
tf.copyRegisteredKernels('cpu', 'tensorflow');
tf.registerBackend('tensorflow', () => new Backend(), 3);
if (!tf.setBackend('tensorflow')) throw new Error('no backend');
module.exports = { ...tf, version: { 'tfjs-node': '4.22.0' } };
`,
  );
}
