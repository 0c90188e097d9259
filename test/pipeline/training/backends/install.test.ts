import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BackendError } from '../../../../pipeline/training/backends/errors.ts';
import { openBackend } from '../../../../pipeline/training/backends/open.ts';
import { buildAddon } from '../../../../pipeline/training/backends/tensorflow/build.ts';
import { installTensorflow } from '../../../../pipeline/training/backends/tensorflow/install.ts';
import { writeInstalled } from '../../../../pipeline/training/backends/tensorflow/installed.ts';
import { isOlder, locateTensorflow } from '../../../../pipeline/training/backends/tensorflow/locate.ts';
import { tryBackend } from '../../../../pipeline/training/backends/try.ts';
import { userCache } from '../../../../pipeline/training/backends/user-cache.ts';
import { temporaryFolder } from '../../../support/paths.ts';

process.env.XDG_CACHE_HOME = temporaryFolder();

/** A folder that looks like TensorFlow's in a Python package. */
function packages(version: string, { leaveOut = '' } = {}): string {
  const site = temporaryFolder();
  const folder = join(site, 'tensorflow');
  for (const file of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'include/tensorflow/c/c_api.h']) {
    if (file === leaveOut) continue;
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  mkdirSync(join(site, `tensorflow_cpu-${version}.dist-info`));
  writeFileSync(
    join(site, `tensorflow_cpu-${version}.dist-info/METADATA`),
    `Name: tensorflow-cpu\nVersion: ${version}\n`,
  );
  return folder;
}

/** A program that prints what a Python would. */
function python(prints: string): string {
  const file = join(temporaryFolder(), 'python');
  writeFileSync(file, `#!/bin/sh\necho '${prints}'\n`);
  chmodSync(file, 0o755);
  return file;
}

async function refuses(work: Promise<unknown>, why: RegExp): Promise<BackendError> {
  const error = await work.then(
    () => null,
    (reason) => reason,
  );
  assert.instance(error, BackendError);
  assert.match((error as BackendError).message, why);
  return error as BackendError;
}

const s = suite('TensorFlow as a backend');

s('is found by its folder, by the folder around it, and by a Python', async () => {
  const folder = packages('2.18.1');
  const expected = { folder, version: '2.18.1' };
  assert.equal(await locateTensorflow({ folder, python: 'no-python' }), expected);
  assert.equal(await locateTensorflow({ folder: join(folder, '..'), python: 'no-python' }), expected);
  assert.equal(await locateTensorflow({ python: python(JSON.stringify(folder)) }), expected);
});

s('every reason against it is named, with what to do', async () => {
  await refuses(
    locateTensorflow({ python: 'no-such-python' }),
    /no-such-python is not installed: name another with --python/,
  );
  await refuses(
    locateTensorflow({ python: python('null') }),
    /has no TensorFlow: install one with `python3 -m pip install/,
  );
  await refuses(locateTensorflow({ python: python('oh no') }), /has no TensorFlow/);
  await refuses(
    locateTensorflow({ folder: '/no/such/folder', python: '' }),
    /there is no folder \/no\/such\/folder: give --tensorflow the folder/,
  );
  const another = /name another with --python, or TensorFlow’s folder with --tensorflow/;
  await refuses(locateTensorflow({ python: temporaryFolder() }), /cannot be run \(EACCES\): name another/);
  const failing = await refuses(locateTensorflow({ python: 'false' }), another);
  assert.not(failing.message.includes('\n'), failing.message);
  await refuses(locateTensorflow({ folder: packages('2.11.0'), python: '' }), /2\.11\.0 .* is too old: 2\.12 or newer/);
  const partial = packages('2.18.1', { leaveOut: 'libtensorflow_cc.so.2' });
  await refuses(locateTensorflow({ folder: partial, python: '' }), /has no libtensorflow_cc\.so\.2/);
  assert.equal(['1.15.0', '2.11.1', '2.12.0', '2.9.0', '2.21.0', '3.0.0'].map(isOlder), [
    true,
    true,
    false,
    true,
    false,
    false,
  ]);
});

s('a machine without a compiler, or with one that fails, is told so', async () => {
  const found = { folder: packages('2.18.1'), version: '2.18.1' };
  const sources = { folder: '/nowhere', binding: '/nowhere/binding', nodeHeaders: '/nowhere/include' };
  const { CXX } = process.env;
  try {
    process.env.CXX = 'no-such-compiler';
    await refuses(
      buildAddon(found, sources, temporaryFolder(), () => {}),
      /no-such-compiler is not installed: install a C\+\+ compiler/,
    );
    process.env.CXX = 'false';
    await refuses(
      buildAddon(found, sources, temporaryFolder(), () => {}),
      /compiling the addon with false failed/,
    );
  } finally {
    if (CXX === undefined) delete process.env.CXX;
    else process.env.CXX = CXX;
  }
});

s('a cache folder that cannot be written is told so, with the variable that names another', async () => {
  const before = process.env.XDG_CACHE_HOME;
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  try {
    process.env.XDG_CACHE_HOME = file;
    const options = { folder: packages('2.18.1'), python: '', gpu: false, threads: 1 };
    await refuses(
      installTensorflow(options, () => {}),
      /cannot be written \(ENOTDIR\): make room or take another folder with XDG_CACHE_HOME/,
    );
  } finally {
    process.env.XDG_CACHE_HOME = before;
  }
});

s('one that is not installed is passed over by auto; one that is gone is not', async () => {
  const absent = await refuses(openBackend('tensorflow', { threads: 1 }), /pawl backend install/);
  assert.ok(absent.absent);
  assert.is((await openBackend('auto', { threads: 1 })).name, 'wasm');
  const gone = join(temporaryFolder(), 'gone');
  const installed = { schema: 'pawl.tensorflow-backend/1', addon: gone, packages: gone, tensorflow: gone } as const;
  await writeInstalled({ ...installed, version: '2.18.1', gpu: false });
  await refuses(openBackend('auto', { threads: 1 }), /is no longer there: run `pawl backend install` again/);
  const trial = await tryBackend('tensorflow', 1);
  assert.not(trial.usable);
  assert.match(JSON.stringify(trial), /no longer there/);
});

s('backends that are there say how fast they are', async () => {
  const trial = await tryBackend('wasm', 1);
  assert.ok(trial.usable && trial.gflops > 0, JSON.stringify(trial));
});

s('what is built is kept where the system keeps such things', () => {
  assert.is(userCache({ XDG_CACHE_HOME: '/x' }, 'linux'), '/x/pawl');
  assert.match(userCache({}, 'linux'), /\/\.cache\/pawl$/);
  assert.match(userCache({}, 'darwin'), /\/Library\/Caches\/pawl$/);
});

s.run();
