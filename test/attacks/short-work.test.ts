import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countSlices } from '../../pipeline/evaluation/slices.ts';
import { splitFields } from '../../pipeline/onnx/fields.ts';
import { newTokenizer } from '../../pipeline/training/transformer/new-vocabulary.ts';
import { vnniOf } from '../../registry-repo/onnx-scan/byte-products.ts';
import { scanOnnx } from '../../registry-repo/onnx-scan/scan.ts';
import { proveRowWise } from '../../registry-repo/row-wise/prove.ts';
import { leakKey, rowKey } from '../../registry-repo/rows.ts';
import { NgramHasher } from '../../registry-repo/runtime/ngrams.ts';
import { Subwords } from '../../registry-repo/runtime/subwords.ts';
import { tiny, withInitializer } from '../support/crafted.ts';
import { goldenBytes } from '../support/golden.ts';
import { assertLinear } from '../support/growth.ts';
import { CONTRACT } from '../support/models.ts';
import { bytes, FLOAT, floats, INT64, int, int64s, model, node, tensor, value } from '../support/onnx.ts';

const attacks = suite('attacks by small inputs that are long work');

const NONE = Buffer.alloc(0);
const repeated = (times: number, part: Uint8Array): Buffer => Buffer.concat(Array<Uint8Array>(times).fill(part));
const INT8 = 3;
const UINT8 = 2;

/** Model files of about n bytes, each the worst of its kind. */
const FILES: Readonly<Record<string, (n: number) => Buffer>> = {
  'packed parts': (n) => withInitializer(tensor('t', [n / 3], INT64, null, repeated(n / 3, bytes(7, Buffer.of(1))))),
  'packed parts of floats': (n) =>
    withInitializer(tensor('t', [n / 6], FLOAT, null, repeated(n / 6, bytes(4, floats(1))))),
  'empty parts, looked through for each node': (n) =>
    tiny({
      initializers: [tensor('n', [0], INT64, null, repeated(n / 4, bytes(7, NONE)))],
      nodes: Array.from({ length: n / 100 }, (_, i) => node('ConstantOfShape', ['n'], [`${i}`])),
    }),
  'axes, multiplied for each node': (n) =>
    tiny({
      initializers: [Buffer.concat([repeated(n / 4, int(1, 1)), int(2, FLOAT), bytes(8, 'w'), bytes(9, floats(1))])],
      nodes: Array.from({ length: n / 60 }, (_, i) => node('Size', ['w'], [`${i}`])),
    }),
  'axes of an input, multiplied for each node': (n) =>
    tiny({
      inputs: [value('x', FLOAT, ['batch', ...Array<number>(n / 16).fill(1)])],
      nodes: Array.from({ length: n / 60 }, (_, i) => node('Size', ['x'], [`${i}`])),
    }),
  'bytes of one constant, looked through for each product': (n) =>
    model({
      initializers: [tensor('b', [1, n / 2], INT8, Buffer.alloc(n / 2, 1)), tensor('a', [1, 1], UINT8, Buffer.of(1))],
      nodes: Array.from({ length: n / 60 }, (_, i) => node('MatMulInteger', ['a', 'b'], [`${i}`])),
      inputs: [],
      outputs: [],
    }),
  'attributes of one node': (n) =>
    tiny({ nodes: [node('Slice', ['x'], ['y'], { attributes: Array<Buffer>(n / 10).fill(int(3, 1)) })] }),
  'inputs of one node': (n) => tiny({ nodes: [node('Concat', Array<string>(n / 3).fill('w'), ['y'])] }),
  'numbers one by one': (n) =>
    tiny({ nodes: [node('Slice', ['x'], ['y'], { attributes: [repeated(n / 2, int(8, 1))] })] }),
  'axes that are added': (n) =>
    tiny({
      nodes: [
        node('Unsqueeze', ['w'], ['y'], {
          attributes: [Buffer.concat([bytes(1, 'axes'), repeated(n / 2, int(8, 1))])],
        }),
      ],
    }),
  'tensors of one name': (n) => withInitializer(...Array<Buffer>(n / 30).fill(tensor('w', [1], FLOAT, floats(1)))),
  'empty nodes': (n) => tiny({ extra: repeated(n / 2, bytes(1, NONE)) }),
  'fields that nobody knows': (n) => tiny({ extra: repeated(n / 3, int(99, 1)) }),
};

for (const [name, make] of Object.entries(FILES))
  attacks(`attack 82: a model file of many ${name}`, async () => {
    await assertLinear(name, 48_000, make, (file) => {
      scanOnnx(file, CONTRACT);
      proveRowWise(file);
      splitFields(file);
      try {
        vnniOf(file);
      } catch {
        // Refused soon is as good as read soon.
      }
    });
  });

attacks('attack 82: more messages than any model has', () => {
  const found = scanOnnx(tiny({ extra: repeated(500_000, bytes(1, NONE)) }), CONTRACT);
  assert.match(found[0]?.message ?? '', /more than 400000 messages/);
});

attacks('attack 82: lists that grow by each other', () => {
  const vector = tensor('v', [64], INT64, int64s(...Array<number>(64).fill(1)));
  const nodes = [
    node('Concat', Array<string>(15).fill('v'), ['n'], {}),
    node('Concat', Array<string>(2000).fill('n'), ['y']),
  ];
  const proof = proveRowWise(tiny({ initializers: [vector], nodes }));
  assert.match('why' in proof ? proof.why : '', /too many operands/);
});

/** Texts of n characters whose marks an engine would sort by insertion. */
const TEXTS: Readonly<Record<string, (n: number) => string>> = {
  'turn by turn': (n) => `a${'\u0301\u0316'.repeat(n / 2)}`,
  'the last class first': (n) => `a${'\u0345'.repeat(n / 2)}${'\u0334'.repeat(n / 2)}`,
  'behind nothing': (n) => '\u0301\u0316'.repeat(n / 2),
  'that decompose to two': (n) => `a${'\u0344\u0316'.repeat(n / 2)}`,
  'of half width': (n) => `か${'\uff9e\u0301'.repeat(n / 2)}`,
  'beyond the basic plane': (n) => `a${'\u{1d165}\u0316'.repeat(n / 3)}`,
  'held apart by what a tokenizer leaves out': (n) => `a${'\u0301\u200d\u0316\u00ad'.repeat(n / 4)}`,
};
const whole = new NgramHasher([{ from: 0, to: 1, order: 1 }]);
const bert = new Subwords(goldenBytes('tiny-bert', 'tokenizer.json'), 64);

for (const [name, make] of Object.entries(TEXTS))
  attacks(`attack 83: marks ${name}`, async () => {
    for (const [reader, read] of Object.entries<(text: string) => unknown>({
      'n-grams of words': (text) => whole.read(text),
      subwords: (text) => bert.ids(text),
      'keys of rows': rowKey,
      'keys of leaks': leakKey,
      'slices of rows': (text) =>
        countSlices([{ text, label: 'a' }], { truth: [0], predicted: [0], labels: 1 }, [{ name: 's', words: ['x'] }]),
      'a new vocabulary': (text) => newTokenizer([text], 100, 'unknown'),
    }))
      await assertLinear(`${reader}, ${name}`, 9_600, make, read);
  });

attacks.run();
