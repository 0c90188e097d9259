import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Backend, Tf } from '../backend.ts';
import { BackendError } from '../errors.ts';
import { type Installed, readInstalled } from './installed.ts';
import { registerMatrixProduct } from './matrix-product.ts';

/** The exports of tfjs-node's own files, which have no types. */
type Addon = { readonly TF_Version: string };
type KernelBackend = { readonly isUsingGpuDevice?: boolean; readonly binding?: Addon };

export type TensorflowBackend = Backend & { readonly gpu: boolean; readonly source: string };

const AGAIN = 'run `pawl backend install` again, or choose another with --backend';
const PUBLISHED = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * TensorFlow's own kernels, through tfjs-node: the addon that `pawl backend install` has built, or else the published
 * package if that is installed beside Pawl.
 *
 * @param threads of one operation
 * @throws {BackendError} `absent` if there is neither
 */
export async function openTensorflow({ threads }: { readonly threads: number }): Promise<TensorflowBackend> {
  const installed = await readInstalled();
  prepare(threads);
  if (installed) return start(loadBuilt(installed), installed.addon);
  const problems: string[] = [];
  for (const name of PUBLISHED) {
    const found = loadPublished(name);
    if (found && 'tf' in found) return start(found, name);
    if (found) problems.push(found.problem);
  }
  if (problems.length > 0) throw new BackendError(`${problems.join('; ')}: ${AGAIN}`);
  throw new BackendError(
    'TensorFlow is not installed for Pawl: `pawl backend install` builds on that of a Python package',
    {
      absent: true,
    },
  );
}

/** TensorFlow reads these variables once, when it is loaded. */
function prepare(threads: number): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.TF_NUM_INTEROP_THREADS ??= '1';
  process.env.TF_DETERMINISTIC_OPS ??= '1';
  // Removed in Node 23, but tfjs-node still calls it.
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

async function start(
  { tf, version }: { readonly tf: Tf; readonly version: string },
  source: string,
): Promise<TensorflowBackend> {
  if (!(await tf.setBackend('tensorflow'))) throw new BackendError(`TensorFlow does not start: ${AGAIN}`);
  registerMatrixProduct(tf);
  const { isUsingGpuDevice = false } = tf.backend() as KernelBackend;
  return { name: 'tensorflow', version, tf, slowTransposed: false, gpu: isUsingGpuDevice, source };
}

function loadBuilt({ addon, packages, tensorflow, version }: Installed): { tf: Tf; version: string } {
  for (const path of [addon, packages, tensorflow])
    if (!existsSync(path))
      throw new BackendError(`TensorFlow ${version} was installed for Pawl, but ${path} is no longer there: ${AGAIN}`);
  try {
    const load = createRequire(join(packages, 'package.json'));
    const tf = load('@tensorflow/tfjs-core') as Tf;
    tf.enableProdMode(); // without warnings: packages that share kernels register them twice
    load('@tensorflow/tfjs-node/dist/register_all_kernels');
    const { NodeJSKernelBackend } = load('@tensorflow/tfjs-node/dist/nodejs_kernel_backend') as {
      NodeJSKernelBackend: new (binding: Addon, name: string) => never;
    };
    const module: { exports: unknown } = { exports: {} };
    process.dlopen(module, addon);
    const binding = module.exports as Addon;
    if (!tf.findBackend('tensorflow'))
      tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'), 3);
    return { tf, version: binding.TF_Version };
  } catch (cause) {
    throw new BackendError(
      `TensorFlow ${version} in ${tensorflow} cannot be loaded (${(cause as Error).message}): ${AGAIN}`,
      { cause },
    );
  }
}

/** @returns null if it is not installed */
function loadPublished(name: string): { tf: Tf; version: string } | { problem: string } | null {
  const load = createRequire(import.meta.url);
  try {
    load.resolve(name);
  } catch {
    return null;
  }
  try {
    const tf = load(name) as Tf & { readonly version: Readonly<Record<string, string>> };
    const { binding } = tf.backend() as KernelBackend;
    return { tf, version: binding?.TF_Version ?? tf.version['tfjs-node'] ?? 'unknown' };
  } catch (cause) {
    const first = (cause as Error).message.split('\n')[0];
    return { problem: `${name} is installed, but cannot be loaded on Node ${process.versions.node}: ${first}` };
  }
}
