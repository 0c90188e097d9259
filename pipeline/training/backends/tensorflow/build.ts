import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { program } from '../program.ts';
import { TFJS_NODE } from './installed.ts';
import { LIBRARIES, type TensorflowFolder } from './locate.ts';
import type { Packages } from './packages.ts';

/** Version of the N-API that the addon's source needs. */
const NAPI = 8;

/**
 * Builds the addon of tfjs-node for these libraries, by one call of the compiler.
 *
 * @param parent where it is kept, under a name made of versions and places
 * @returns the addon's path
 * @throws {BackendError} if there is no compiler, or it fails
 */
export async function buildAddon(
  { folder, version }: TensorflowFolder,
  { binding, nodeHeaders }: Packages,
  parent: string,
  say: (line: string) => void,
): Promise<string> {
  const place = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  const { platform, arch } = process;
  const name = `tfjs-${TFJS_NODE}-tensorflow-${version ?? 'unknown'}-${platform}-${arch}-napi${NAPI}-${place}`;
  const addon = join(parent, name, 'tfjs_binding.node');
  if (existsSync(addon)) {
    say(`the addon is built already: ${addon}`);
    return addon;
  }
  await mkdir(dirname(addon), { recursive: true });
  const compiler = process.env.CXX || 'g++';
  const fresh = `${addon}.${process.pid}`;
  const args = [
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join(binding, source)),
    ...['-O2', '-std=c++17', '-fPIC', '-shared', '-w', `-DNAPI_VERSION=${NAPI}`],
    ...[nodeHeaders, join(folder, 'include')].flatMap((include) => ['-I', include]),
    ...LIBRARIES.map((library) => join(folder, library)),
    `-Wl,-rpath,${folder}`,
    ...['-o', fresh],
  ];
  const started = performance.now();
  try {
    await program(compiler, args, {
      missing: 'install a C++ compiler (Debian, Ubuntu: `apt-get install g++`), or name one with CXX',
      doing: `compiling the addon with ${compiler}`,
      otherwise: 'name another compiler with CXX, or another TensorFlow with --python',
      timeoutMs: 600_000,
    });
    await rename(fresh, addon);
  } finally {
    await rm(fresh, { force: true });
  }
  say(`${addon} built with ${compiler} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return addon;
}
