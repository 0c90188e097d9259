import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../program.ts';
import { TFJS_NODE } from './installed.ts';

/** Node's headers for addons, which fit every version of Node. */
const NODE_API_HEADERS = '1.9.0';

export type Packages = {
  /** Folder with `node_modules`. */
  readonly folder: string;
  /** Source of the addon. */
  readonly binding: string;
  readonly nodeHeaders: string;
};

/**
 * Installs tfjs-node in a folder of its own, from the npm registry, without running its scripts (they would download
 * another TensorFlow).
 *
 * @param parent where the folder is made
 * @throws {BackendError} if npm is missing, or cannot get the packages
 */
export async function installPackages(parent: string, say: (line: string) => void): Promise<Packages> {
  const folder = join(parent, `tfjs-node-${TFJS_NODE}`);
  const packages: Packages = {
    folder,
    binding: join(folder, 'node_modules/@tensorflow/tfjs-node/binding'),
    nodeHeaders: join(folder, 'node_modules/node-api-headers/include'),
  };
  const complete = () => existsSync(packages.binding) && existsSync(packages.nodeHeaders);
  if (complete()) {
    say(`@tensorflow/tfjs-node ${TFJS_NODE} is in ${folder} already`);
    return packages;
  }
  const fresh = `${folder}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  await writeFile(join(fresh, 'package.json'), '{"private":true}\n');
  const wanted = [`@tensorflow/tfjs-node@${TFJS_NODE}`, `node-api-headers@${NODE_API_HEADERS}`];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', '--save-exact'];
  try {
    await program('npm', ['install', ...quiet, ...wanted], {
      cwd: fresh,
      missing: 'it comes with Node; see https://nodejs.org',
      doing: `npm install ${wanted.join(' ')}`,
      otherwise: 'it needs npm’s registry (`npm ping`), or its cache, and some 300 MB of disk',
      timeoutMs: 600_000,
    });
    // Another installation may have been faster, and its packages may be in use.
    if (!complete()) {
      await rm(folder, { recursive: true, force: true });
      await rename(fresh, folder).catch((error) => {
        if (!complete()) throw error;
      });
    }
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  say(`@tensorflow/tfjs-node ${TFJS_NODE} unpacked into ${folder}; its scripts were not run`);
  return packages;
}
