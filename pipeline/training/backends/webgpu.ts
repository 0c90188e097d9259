import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from './backend.ts';
import { BackendError } from './errors.ts';

/** Optional packages: the kernels, and Dawn, which is WebGPU outside of browsers. Named at run time, since they may not be there. */
const KERNELS = '@tensorflow/tfjs-backend-webgpu';
const DAWN = 'webgpu';

type Dawn = { create(flags: string[]): { requestAdapter(): Promise<unknown> }; globals: object };

/**
 * The GPU through WebGPU, where the packages are installed and an adapter is found. Experimental.
 *
 * @throws {BackendError} `absent` if a package is missing
 */
export async function openWebgpu(): Promise<Backend> {
  const { create, globals } = (await optional(DAWN)) as Dawn;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  if (!(await gpu.requestAdapter()))
    throw new BackendError('no GPU answers through WebGPU: install a Vulkan driver, or choose another with --backend');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  tf.enableProdMode();
  const { version_webgpu: version } = (await optional(KERNELS)) as { version_webgpu: string };
  if (!(await tf.setBackend('webgpu'))) throw new BackendError('WebGPU does not start: choose another with --backend');
  return { name: 'webgpu', version, tf, slowTransposed: false };
}

async function optional(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    throw new BackendError(
      absent
        ? `the package ${name} is not installed: \`npm install ${DAWN} ${KERNELS}@4.22.0\` beside Pawl`
        : `the package ${name} cannot be loaded: ${(cause as Error).message}`,
      { cause, absent },
    );
  }
}
