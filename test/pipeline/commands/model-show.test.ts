import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../../support/cli-here.ts';
import { goldenBytes, goldenFile } from '../../support/golden.ts';
import { temporaryFolder } from '../../support/paths.ts';

const home = temporaryFolder();
const show = suite('pawl model show');

type Shown = {
  inputs: { name: string; type: string; shape: (number | null)[] }[];
  outputs: { name: string; shape: (number | null)[] }[];
  operators: { name: string; count: number }[];
  parameters: number;
  sizeBytes: number;
};

show('prints inputs, outputs, operators, parameters and size of any file', async () => {
  const file = goldenFile('tiny-bert', 'model_quantized.onnx');
  const shown = await json<Shown>(home, ['model', 'show', file]);
  assert.equal(
    shown.inputs.map(({ name, type, shape }) => [name, type, shape]),
    ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => [name, 'int64', [null, null]]),
  );
  assert.equal(shown.outputs[0]?.shape, [null, 3]);
  assert.ok(shown.operators.some(({ name, count }) => name === 'MatMulInteger' && count === 20));
  assert.is(shown.sizeBytes, goldenBytes('tiny-bert', 'model_quantized.onnx').length);
  const { stdout } = await pawl(home, ['model', 'show', file]);
  assert.match(stdout, /parameters \(.*int8\)[\s\S]*input_ids +int64[\s\S]*logits[\s\S]*MatMulInteger +20/);
});

show('says of what is no model that it is none', async () => {
  const refused = async (name: string, message: RegExp) => {
    const { code, stderr, stdout } = await pawl(home, ['model', 'show', name]);
    assert.equal([code, stdout], [3, ''], name);
    assert.match(stderr, message);
    assert.not.match(stderr, /internal|\n {4}at /);
  };
  writeFileSync(join(home, 'rubbish.onnx'), Buffer.from('rubbish, and no model'));
  writeFileSync(join(home, 'empty.onnx'), '');
  writeFileSync(join(home, 'half.onnx'), goldenBytes('tiny-bert', 'model.onnx').subarray(0, 5000));
  mkdirSync(join(home, 'folder.onnx'));
  await refused('rubbish.onnx', /rubbish\.onnx is no ONNX model: .*\[not_onnx\]/);
  await refused('empty.onnx', /there is no graph in it \[not_onnx\]/);
  await refused('half.onnx', /past the end \[not_onnx\]/);
  await refused('folder.onnx', /is no file/);
  if (spawnSync('mkfifo', [join(home, 'pipe.onnx')]).status === 0) await refused('pipe.onnx', /is no file/);
});

show.run();
