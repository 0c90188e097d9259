import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tryBackend } from '../../../../pipeline/training/backends/try.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { standInTfjsNode } from '../../../support/stand-in-tfjs-node.ts';

// The published packages are found beside Pawl, here by NODE_PATH.

const [CPU, GPU] = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];

function beside(install: (folder: string) => void) {
  const folder = temporaryFolder();
  install(folder);
  process.env.NODE_PATH = folder;
  process.env.XDG_CACHE_HOME = temporaryFolder();
  return tryBackend('tensorflow', 1);
}

const s = suite('a published tfjs-node');

for (const name of [CPU, GPU])
  s(`${name} is used where it is installed: a product, a derivative, its version`, async () => {
    const trial = await beside((folder) => standInTfjsNode(folder, name));
    assert.ok(trial.usable, JSON.stringify(trial));
    assert.is(trial.version, '2.9.1');
  });

s('one that cannot be loaded is named, with Node’s version and what to do', async () => {
  const trial = await beside((folder) =>
    standInTfjsNode(folder, CPU, { code: 'throw new Error("no such binary\\n  at …");' }),
  );
  assert.not(trial.usable);
  assert.match(
    JSON.stringify(trial),
    /"absent":false,"why":"@tensorflow\/tfjs-node is installed, but cannot be loaded on Node [\d.]+: no such binary: run `pawl backend install`/,
  );
});

s('with a broken one for GPUs, the other is used', async () => {
  const trial = await beside((folder) => {
    standInTfjsNode(folder, GPU, { code: 'throw new Error("no CUDA");' });
    standInTfjsNode(folder, CPU);
  });
  assert.ok(trial.usable, JSON.stringify(trial));
});

s('one that multiplies wrongly is not used', async () => {
  const trial = await beside((folder) => standInTfjsNode(folder, CPU, { product: 'b, a' }));
  assert.not(trial.usable);
  assert.match(JSON.stringify(trial), /it computes a product wrongly/);
});

s.run();
