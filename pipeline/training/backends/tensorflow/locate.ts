import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { BackendError } from '../errors.ts';
import { program } from '../program.ts';

/** TensorFlow's libraries and headers, as a Python wheel holds them. */
export type TensorflowFolder = {
  /** Absolute, without links: CUDA's libraries are found from here. */
  readonly folder: string;
  /** Null where no package describes it. */
  readonly version: string | null;
};

export const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
const LEAST = [2, 12] as const;
const HOW = 'install one with `python3 -m pip install tensorflow-cpu`, or `tensorflow[and-cuda]` for NVIDIA GPUs';

const ANOTHER = 'name another with --python, or TensorFlow’s folder with --tensorflow';

/** @throws {BackendError} if there is no usable TensorFlow there */
export async function locateTensorflow(where: {
  readonly folder?: string;
  readonly python: string;
}): Promise<TensorflowFolder> {
  const given = where.folder ?? (await askPython(where.python));
  const folder = await realpath(given).catch(() => null);
  if (!folder)
    throw new BackendError(`there is no folder ${given}: give --tensorflow the folder of TensorFlow’s package; ${HOW}`);
  // The folder that contains the package is accepted as well.
  const inner = join(folder, 'tensorflow');
  const found = basename(folder) !== 'tensorflow' && (await exists(join(inner, LIBRARIES[0]))) ? inner : folder;
  const version = await versionOf(found);
  if (version !== null && isOlder(version))
    throw new BackendError(`TensorFlow ${version} in ${found} is too old: 2.12 or newer is needed; ${HOW}`);
  for (const file of [...LIBRARIES, 'include/tensorflow/c/c_api.h'])
    if (!(await exists(join(found, file))))
      throw new BackendError(`${found} has no ${file}, as the packages for Linux have from 2.12 on: ${HOW}`);
  return { folder: found, version };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

// Python only finds the package and does not import it: an import takes seconds and may fail for reasons that do not
// matter here.
const QUESTION = `
import importlib.util, json, os
found = importlib.util.find_spec('tensorflow')
print(json.dumps(os.path.dirname(found.origin) if found and found.origin else None))
`;

async function askPython(python: string): Promise<string> {
  const printed = await program(python, ['-c', QUESTION], {
    missing: ANOTHER,
    otherwise: ANOTHER,
    doing: `asking ${python} for TensorFlow`,
    timeoutMs: 60_000,
  });
  const folder = z.string().min(1).nullable().catch(null).parse(parse(printed));
  if (folder === null) throw new BackendError(`${python} has no TensorFlow: ${HOW}; or name another with --python`);
  return folder;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** From the package's own description, which is beside its folder. */
async function versionOf(folder: string): Promise<string | null> {
  const names = await readdir(dirname(folder)).catch(() => []);
  for (const name of names.filter((n) => /^tensorflow(?:_cpu|_gpu)?-[\d.]+.*\.dist-info$/.test(n))) {
    const text = await readFile(join(dirname(folder), name, 'METADATA'), 'utf8').catch(() => '');
    const version = /^Version: (\S{1,40})$/m.exec(text)?.[1];
    if (version) return version;
  }
  return null;
}

/** @param version as TensorFlow gives it: 2.18.1 */
export function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1]);
}
