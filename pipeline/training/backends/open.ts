import { BACKENDS, type Backend, type BackendName } from './backend.ts';
import { BackendError } from './errors.ts';

export type BackendOptions = {
  /** Threads to compute with, if a backend has several. */
  readonly threads: number;
};

/** Loaded when they are needed: loading TensorFlow.js takes long. */
const OPENERS: Readonly<Record<BackendName, (options: BackendOptions) => Promise<Backend>>> = {
  tensorflow: async (options) => (await import('./tensorflow/tensorflow.ts')).openTensorflow(options),
  webgpu: async () => (await import('./webgpu.ts')).openWebgpu(),
  wasm: async () => (await import('./wasm.ts')).openWasm(),
  cpu: async () => (await import('./cpu.ts')).openCpu(),
};

/**
 * `webgpu` is left out: its training was compared with PyTorch's only on a driver without a GPU, and its bytes vary.
 */
const AUTOMATIC: readonly BackendName[] = BACKENDS.filter((name) => name !== 'webgpu');

/**
 * Opens a backend.
 *
 * @param name `auto` takes the first that is there: TensorFlow, WebAssembly, plain JavaScript
 * @throws {BackendError} if it cannot be used, saying why and what to do
 */
export async function openBackend(name: BackendName | 'auto', options: BackendOptions): Promise<Backend> {
  if (name !== 'auto') return opened(name, options);
  for (const candidate of AUTOMATIC) {
    const backend = await opened(candidate, options).catch((error) => {
      if (error instanceof BackendError && error.absent) return null; // a broken backend should be repaired, not skipped
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
