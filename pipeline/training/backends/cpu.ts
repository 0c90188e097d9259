import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from './backend.ts';

/** Plain JavaScript: slow, but it runs everywhere. */
export async function openCpu(): Promise<Backend> {
  tf.enableProdMode(); // prints no hint about faster backends
  await tf.setBackend('cpu');
  return { name: 'cpu', version: version_cpu, tf, slowTransposed: false };
}
