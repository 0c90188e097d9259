import { BackendError } from '../errors.ts';
import { tryBackend } from '../try.ts';
import { buildAddon } from './build.ts';
import { backendFolder, type Installed, readInstalled, removeInstalled, writeInstalled } from './installed.ts';
import { isOlder, locateTensorflow, type TensorflowFolder } from './locate.ts';
import { installPackages } from './packages.ts';

export type InstallOptions = {
  /** TensorFlow's folder; if left out, Python is asked for it. */
  readonly folder?: string;
  readonly python: string;
  /** Whether a GPU must be found. */
  readonly gpu: boolean;
  readonly threads: number;
};

/**
 * Makes the backend `tensorflow` from the TensorFlow of a Python package: tfjs-node's own addon, built for its
 * libraries. It writes only to the user's cache folder, and what was installed before stays if this fails.
 *
 * @param say is called with each thing that was done
 * @throws {BackendError} naming what is missing and how to get it
 */
export async function installTensorflow(
  options: InstallOptions,
  say: (line: string) => void,
): Promise<Installed & { gflops: number }> {
  if (process.platform !== 'linux')
    throw new BackendError(
      `building on a Python package works on Linux so far, not on ${process.platform}: use the backend wasm, or install @tensorflow/tfjs-node`,
    );
  const found = await locateTensorflow({
    python: options.python,
    ...(options.folder ? { folder: options.folder } : {}),
  });
  say(`TensorFlow ${found.version ?? 'of unknown version'} in ${found.folder}`);
  return writable(() => installed(found, options, say));
}

/** Wraps disk errors in an error that says what to do. */
async function writable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code, path = backendFolder() } = cause as NodeJS.ErrnoException;
    if (!['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code ?? '')) throw cause;
    throw new BackendError(
      `${path} cannot be written (${code}): make room or take another folder with XDG_CACHE_HOME`,
      { cause },
    );
  }
}

async function installed(
  found: TensorflowFolder,
  options: InstallOptions,
  say: (line: string) => void,
): Promise<Installed & { gflops: number }> {
  const packages = await installPackages(backendFolder(), say);
  const addon = await buildAddon(found, packages, backendFolder(), say);
  const before = await readInstalled();
  const made: Installed = {
    schema: 'pawl.tensorflow-backend/1',
    addon,
    packages: packages.folder,
    tensorflow: found.folder,
    version: found.version ?? 'unknown',
    gpu: false,
  };
  await writeInstalled(made);
  try {
    const { version, gpu, gflops } = await checked(options);
    await writeInstalled({ ...made, version, gpu });
    say(
      `tried: TensorFlow ${version} on the ${gpu ? 'GPU' : 'processor'}, a product and a derivative are right, ${gflops.toFixed(0)} GFLOPS`,
    );
    return { ...made, version, gpu, gflops };
  } catch (error) {
    await (before ? writeInstalled(before) : removeInstalled());
    throw error;
  }
}

async function checked({ gpu, threads }: InstallOptions) {
  const trial = await tryBackend('tensorflow', threads);
  if (!trial.usable) throw new BackendError(`the addon was built, but does not work: ${trial.why}`);
  if (isOlder(trial.version)) throw new BackendError(`TensorFlow ${trial.version} is too old: 2.12 or newer is needed`);
  if (gpu && !trial.gpu)
    throw new BackendError(
      'TensorFlow finds no GPU: check the driver with `nvidia-smi`, and install CUDA’s libraries with `python3 -m pip install tensorflow[and-cuda]`',
    );
  return trial;
}
