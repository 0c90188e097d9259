import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../support/cli-here.ts';
import { goldenFile } from '../support/golden.ts';
import { root, temporaryFolder } from '../support/paths.ts';

const s = suite('a program of the user’s own trains');

const home = temporaryFolder();
writeFileSync(join(home, 'pawl.yaml'), 'model: tiny\ndata: { kind: sample, train: 40, test: 40 }\n');
const program = (mode: string) => [
  ...[
    'train',
    '--trainer',
    'command',
    '--',
    process.execPath,
    join(root, 'dist/test/support/train-elsewhere.js'),
    mode,
  ],
  dirname(goldenFile('tiny-distilbert', 'model.onnx')),
];

s('and is a run like any other; so is its crash', async () => {
  const [verb = '', ...rest] = program('good');
  const { run } = await json<{ run: string }>(home, [verb, '--json', ...rest]); // what follows `--` is the program's
  const shown = await json<{
    status: string;
    trainer: string;
    metrics: Record<string, number>;
    config: { command: string[] };
  }>(home, ['runs', 'show', run]);
  assert.is(shown.status, 'completed');
  assert.is(shown.metrics.rows, 40);
  assert.is(shown.config.command[0], process.execPath);
  const crashed = await pawl(home, program('crash'));
  assert.is(crashed.code, 3);
  assert.match(crashed.stderr, /exit code 3[\s\S]*out of chalk/);
  const list = await pawl(home, ['runs', 'list']);
  assert.match(list.stdout, /failed/);
  const other = await pawl(home, ['train', '--', 'python', 'train.py']);
  assert.match(other.stderr, /only the trainer/);
});

s.run();
