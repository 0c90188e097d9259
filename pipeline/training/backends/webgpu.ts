import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from './backend.ts';
import { BackendError } from './errors.ts';

/**
 * Optional packages: the kernels, and Dawn, which is WebGPU outside of browsers. They are named at run time, because
 * they may be missing.
 */
const KERNELS = '@tensorflow/tfjs-backend-webgpu';
const DAWN = 'webgpu';

type Adapter = { readonly info: { readonly description: string; readonly isFallbackAdapter?: boolean } };
type Dawn = { create(flags: string[]): { requestAdapter(): Promise<Adapter | null> }; globals: object };

/** `gpu` is false for a driver that computes on the processor. */
export type WebgpuBackend = Backend & { readonly gpu: boolean };

/**
 * The GPU through WebGPU, if the packages are installed and an adapter is found. Experimental. Results can be read with
 * `data`, not with `dataSync`, which needs a browser's canvas.
 *
 * @throws {BackendError} `absent` if a package is missing
 */
export function openWebgpu(): Promise<WebgpuBackend> {
  opened ??= open();
  return opened;
}

/** Once in a process: Dawn crashes when the object that made a device is collected. */
let opened: Promise<WebgpuBackend> | undefined;

async function open(): Promise<WebgpuBackend> {
  const { create, globals } = (await optional(DAWN)) as Dawn;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter)
    throw new BackendError('no GPU answers through WebGPU: install a Vulkan driver, or choose another with --backend');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  tf.enableProdMode();
  await optional(KERNELS);
  if (!(await tf.setBackend('webgpu'))) throw new BackendError('WebGPU does not start: choose another with --backend');
  stopAtErrors(tf.backend() as unknown as Computing);
  const { description, isFallbackAdapter = false } = adapter.info;
  const { version } = createRequire(import.meta.url)(`${KERNELS}/package.json`) as { version: string };
  return {
    ...{ name: 'webgpu', tf, slowTransposed: false, gpu: !isFallbackAdapter },
    version: description === '' ? version : `${version}, ${description}`,
  };
}

type Computing = { device: { onuncapturederror: ((event: { error: Error }) => void) | null } };

/** A kernel that the driver refuses computes zeros, and no error would be reported otherwise. */
function stopAtErrors({ device }: Computing): void {
  device.onuncapturederror = ({ error }) => {
    const [first] = error.message.split('\n');
    setImmediate(() => {
      throw new BackendError(`WebGPU cannot compute this: ${first}; choose another with --backend`);
    });
  };
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
