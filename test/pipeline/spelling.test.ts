import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { respelt } from '../../pipeline/spelling.ts';

const spelling = suite('spelling of a command line');
const after = (line: string) => respelt(line.split(' ')).join(' ');

spelling('--config of a .json is the model’s after import, and settings everywhere else', () => {
  assert.is(after('import --onnx a --config c.json'), 'import --onnx a --model-config c.json');
  assert.is(after('import --config=c.json'), 'import --model-config=c.json');
  for (const line of [
    '--config c.json import --onnx a',
    'import --config pawl.yaml',
    'train --config c.json',
    'import --config',
    'import --onnx --config',
  ])
    assert.is(after(line), line);
});

spelling.run();
