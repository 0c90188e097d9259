import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ByteWeights, quantize } from '../../../pipeline/onnx/quantize.ts';
import { exportTransformer } from '../../../pipeline/training/transformer/export.ts';
import { goldenBytes } from '../../support/golden.ts';
import { root, temporaryFolder } from '../../support/paths.ts';
import { reference } from '../../support/reference.ts';
import { graphOf, QUICK, trainedGraph } from '../../support/trained-graph.ts';

// What we write, before ONNX's own checker and shape inference, and ONNX Runtime's Python package.

const python = process.env.PAWL_TEST_ONNX;
const s = suite('graphs before ONNX’s own checker');

const small = (bytes: Uint8Array, weights: ByteWeights = 'unsigned') =>
  quantize(bytes, { embeddings: true, weights }).bytes;

if (!python) console.log('SKIPPED ONNX’s own checker: PAWL_TEST_ONNX names no Python that has onnx and onnxruntime');
else
  s(
    'all are valid, of operator set 17 to 21, with standard operators only, and transformers give PyTorch’s logits',
    async () => {
      const folder = temporaryFolder();
      const written: string[] = [];
      const write = (name: string, bytes: Uint8Array, known?: object) => {
        const path = join(folder, `${name}.onnx`);
        writeFileSync(path, bytes);
        if (known) writeFileSync(`${path}.json`, JSON.stringify(known));
        written.push(path);
      };
      for (const name of ['tiny-bert', 'tiny-distilbert'] as const) {
        const { architecture, parameters, training, labels } = reference(name);
        const classifier = { architecture, parameters, tokenizer: goldenBytes(name, 'tokenizer.json'), padId: 0 };
        const bytes = graphOf(
          exportTransformer(
            classifier,
            Array.from({ length: labels }, (_, i) => `label ${i}`),
            32,
          ),
        );
        write(name, bytes, { inputs: training.inputs, logits: training.logits });
        write(`${name}-bytes`, small(bytes));
        write(`${name}-seven-bits`, small(bytes, 'seven-bits'));
        write(`${name}-signed`, small(bytes, 'signed'));
      }
      const recurrent = await trainedGraph('rnn', QUICK.rnn);
      write('rnn', recurrent);
      write('rnn-bytes', small(recurrent));
      write(
        'rnn-one-way',
        await trainedGraph('rnn', { ...QUICK.rnn, bidirectional: false, layers: 2, summary: 'last' }),
      );
      const head = await trainedGraph('encoder-head', { ...QUICK.encoder, states: [-1, 1], pooling: 'both' });
      write('encoder-head', head);
      write('encoder-head-bytes', small(head));
      write('nbsvm', await trainedGraph('nbsvm', {}));
      write('nbsvm-dv', await trainedGraph('nbsvm-dv', QUICK.vectors));
      const script = join(root, 'test/pipeline/onnx/checker.py');
      const { status, stdout, stderr } = spawnSync(python, [script, ...written], { encoding: 'utf8' });
      assert.is(status, 0, stderr);
      const lines = stdout.trim().split('\n');
      assert.is(lines.length, written.length);
      for (const [i, line] of lines.entries()) {
        const { opset, domains, off } = JSON.parse(line) as { opset: number; domains: string[]; off: number | null };
        assert.ok(opset >= 17 && opset <= 21, `${written[i]}: operator set ${opset}`);
        assert.equal(domains, [''], written[i]);
        assert.ok(off === null || off < 1e-4, `${written[i]} is off by ${off}`);
      }
    },
  );

s.run();
