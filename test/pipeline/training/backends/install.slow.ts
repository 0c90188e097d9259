import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBackend } from '../../../../pipeline/training/backends/open.ts';
import { installTensorflow } from '../../../../pipeline/training/backends/tensorflow/install.ts';
import { lentPython } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/paths.ts';

// The real thing: npm, the compiler, and the TensorFlow of a lent Python.

const s = suite('installing TensorFlow as a backend');

if (!lentPython)
  console.log('SKIPPED building on a Python package: PAWL_TEST_PYTHON names no Python that has TensorFlow');
else
  s('builds, tries, says what it did, and finds all of it done the second time', async () => {
    process.env.XDG_CACHE_HOME = temporaryFolder();
    const options = { python: lentPython as string, gpu: false, threads: 2 };
    const said: string[] = [];
    const installed = await installTensorflow(options, (line) => said.push(line));
    assert.ok(installed.gflops > 1);
    assert.match(
      said.join('\n'),
      /TensorFlow 2\..*\n.*unpacked.*\n.*built with.*\n.*a product and a derivative are right/,
    );
    const again: string[] = [];
    await installTensorflow(options, (line) => again.push(line));
    assert.match(again.join('\n'), /already\n.*built already/);
    assert.is((await openBackend('auto', { threads: 2 })).name, 'tensorflow');
    await installTensorflow({ ...options, gpu: true }, () => {}).then(
      () => {},
      (error) => assert.match(error.message, /finds no GPU: check the driver/),
    );
  });

s.run();
