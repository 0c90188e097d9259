import { BACKENDS, type Backend, type BackendName } from './backend.ts';
import { BackendError } from './errors.ts';

export type BackendOptions = {
  /** Threads to compute with, where a backend has several. */
  readonly threads: number;
};

/** Loaded when they are asked for: TensorFlow.js takes its time. */
const OPENERS: Readonly<Record<BackendName, (options: BackendOptions) => Promise<Backend>>> = {
  tensorflow: async (options) => (await import('./tensorflow/tensorflow.ts')).openTensorflow(options),
  webgpu: async () => (await import('./webgpu.ts')).openWebgpu(),
  wasm: async () => (await import('./wasm.ts')).openWasm(),
  cpu: async () => (await import('./cpu.ts')).openCpu(),
};

/** `webgpu` is left out: its training was held against PyTorch's on a driver without a GPU only, and its bytes vary. */
const AUTOMATIC: readonly BackendName[] = BACKENDS.filter((name) => name !== 'webgpu');

/**
 * Starts what computes.
 *
 * @param name `auto` takes the first that is there: TensorFlow, WebAssembly, plain JavaScript
 * @throws {BackendError} if it cannot be used, saying why and what to do
 */
export async function openBackend(name: BackendName | 'auto', options: BackendOptions): Promise<Backend> {
  if (name !== 'auto') return opened(name, options);
  for (const candidate of AUTOMATIC) {
    const backend = await opened(candidate, options).catch((error) => {
      if (error instanceof BackendError && error.absent) return null; // what is broken should be mended, not passed over
      throw error;
    });
    if (backend) return backend;
  }
  throw new BackendError('no backend starts here: `pawl backend list` says why');
}

async function opened(name: BackendName, options: BackendOptions): Promise<Backend> {
  try {
    return await OPENERS[name](options);
  } catch (cause) {
    if (cause instanceof BackendError) throw cause;
    throw new BackendError(`the backend ${name} does not start: ${(cause as Error).message}`, { cause });
  }
}
