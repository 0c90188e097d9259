import type { Backend, BackendName } from '../../pipeline/training/backends/backend.ts';
import { openBackend } from '../../pipeline/training/backends/open.ts';
import { installTensorflow } from '../../pipeline/training/backends/tensorflow/install.ts';
import { readInstalled } from '../../pipeline/training/backends/tensorflow/installed.ts';
import { tryBackend } from '../../pipeline/training/backends/try.ts';

type Opener = { readonly name: BackendName; open(): Promise<Backend> };

const opener = (name: Opener['name']): Opener => ({ name, open: () => openBackend(name, { threads: 2 }) });

/** A Python with TensorFlow, if PAWL_TEST_PYTHON names one. */
export const lentPython = process.env.PAWL_TEST_PYTHON ?? null;

/**
 * Every backend that this machine can test: TensorFlow if it is installed for Pawl, or can be from PAWL_TEST_PYTHON;
 * WebGPU if its packages are installed and a Vulkan driver answers, also one without a GPU.
 */
export async function testedBackends(): Promise<readonly Opener[]> {
  if (lentPython && !(await readInstalled()))
    await installTensorflow({ python: lentPython, gpu: false, threads: 2 }, () => {});
  const there = (await readInstalled()) !== null;
  if (!there) console.log('SKIPPED the backend tensorflow: PAWL_TEST_PYTHON names no Python that has TensorFlow');
  const webgpu = await tryBackend('webgpu', 2);
  if (!webgpu.usable) console.log(`SKIPPED the backend webgpu: ${webgpu.why}`);
  return [
    ...[opener('cpu'), opener('wasm')],
    ...(there ? [opener('tensorflow')] : []),
    ...(webgpu.usable ? [opener('webgpu')] : []),
  ];
}
