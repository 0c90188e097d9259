import type { GateJudgement } from '../../registry-repo/gate/gate.ts';
import { CONTRACT, WORDS } from './models.ts';
import {
  attribute,
  bytes,
  FLOAT,
  floats,
  type GraphParts,
  graph,
  INT64,
  int,
  int64s,
  model,
  node,
  tensor,
  value,
} from './onnx.ts';

// Hostile model files. All have the inputs and outputs of `CONTRACT`, unless that is the point.

const weights = tensor('w', [WORDS.length, 2], FLOAT, floats(...WORDS.flatMap((_, i) => (i < 10 ? [4, 0] : [0, 4]))));
const softmax = [node('MatMul', ['x', 'w'], ['s']), node('Softmax', ['s'], ['p'])];

/** A complete, harmless graph around the given nodes. */
export const tiny = (over: Partial<GraphParts> = {}, options: Parameters<typeof model>[1] = {}): Buffer =>
  model(
    {
      nodes: softmax,
      initializers: [weights],
      inputs: [value('x', FLOAT, ['batch', WORDS.length])],
      outputs: [value('p', FLOAT, ['batch', 2])],
      ...over,
    },
    options,
  );

export const withInitializer = (...extra: Uint8Array[]): Buffer => tiny({ initializers: [weights, ...extra] });
export const withNodes = (...extra: Uint8Array[]): Buffer => tiny({ nodes: [...extra, ...softmax] });

const location = (path: string): Buffer => Buffer.concat([bytes(13, bytes(1, 'location'), bytes(2, path)), int(14, 1)]);

/** Weights that are in another file. */
export const external = (path: string): Buffer =>
  tiny({ initializers: [tensor('w', [WORDS.length, 2], FLOAT, null, location(path))] });

/**
 * Each text's scores, plus a third of those of all texts beside it: they help each other if rows of one label stand
 * together.
 */
export const voting = (): Buffer =>
  tiny(
    {
      nodes: [
        node('MatMul', ['x', 'w'], ['own']),
        node('ReduceSum', ['own', 'batch'], ['all'], { attributes: [attribute.int('keepdims', 1)] }),
        node('Mul', ['all', 'third'], ['vote']),
        node('Add', ['own', 'vote'], ['s']),
        node('Softmax', ['s'], ['p']),
      ],
      initializers: [weights, tensor('batch', [1], INT64, int64s(0)), tensor('third', [], FLOAT, floats(0.3))],
    },
    { opset: 17 },
  );

/** p = softmax(s) + 0/0: loads, runs, and gives NaN. */
export const notANumber = (): Buffer =>
  tiny({
    nodes: [
      ...softmax.slice(0, 1),
      node('Softmax', ['s'], ['q']),
      node('Div', ['zero', 'zero'], ['nan']),
      node('Add', ['q', 'nan'], ['p']),
    ],
    initializers: [weights, tensor('zero', [1], FLOAT, floats(0))],
  });

export const infinite = (): Buffer =>
  tiny({
    nodes: [node('MatMul', ['x', 'w'], ['s']), node('Div', ['s', 'zero'], ['p'])],
    initializers: [weights, tensor('zero', [1], FLOAT, floats(0))],
  });

/** The same probability for every label of every text. */
export const undecided = (): Buffer =>
  tiny({ initializers: [tensor('w', [WORDS.length, 2], FLOAT, Buffer.alloc(WORDS.length * 2 * 4))] });

/** Gives one row fewer than it got texts. */
export const forgetful = (): Buffer =>
  tiny({
    nodes: [...softmax.slice(0, 1), node('Softmax', ['s'], ['q']), node('Slice', ['q', 'from', 'to'], ['p'])],
    initializers: [weights, tensor('from', [1], INT64, int64s(1)), tensor('to', [1], INT64, int64s(2 ** 40))],
  });

const square = (side: number) => [
  tensor('side', [2], INT64, int64s(side, side)),
  tensor('one', [1], FLOAT, floats(1)),
  tensor('little', [1], FLOAT, floats(1e-6)),
];
/** A matrix made of the input, so that no runtime can compute it when it loads the graph. */
const madeOfInput = (name: string) => [
  node('ReduceSum', ['x'], ['words'], { attributes: [attribute.int('keepdims', 0)] }),
  node('Mul', ['words', 'little'], ['few']),
  node('Expand', ['few', 'side'], [name]),
];

/** Multiplies large matrices of its own making, `times` over: allowed operators, endless work. */
export const slow = (times: number): Buffer =>
  tiny({
    nodes: [
      ...madeOfInput('m0'),
      ...Array.from({ length: times }, (_, i) => node('MatMul', [`m${i}`, 'm0'], [`m${i + 1}`])),
      node('ReduceSum', [`m${times}`], ['sum'], { attributes: [attribute.int('keepdims', 0)] }),
      node('Mul', ['sum', 'zero'], ['nothing']),
      node('Add', ['x', 'nothing'], ['y']),
      node('MatMul', ['y', 'w'], ['s']),
      node('Softmax', ['s'], ['p']),
    ],
    initializers: [weights, ...square(3000), tensor('zero', [1], FLOAT, floats(0))],
  });

/** Makes a gigabyte and adds it up. */
export const hungry = (): Buffer =>
  tiny({
    nodes: [
      ...madeOfInput('m'),
      node('Add', ['m', 'one'], ['n']),
      node('ReduceSum', ['n'], ['sum'], { attributes: [attribute.int('keepdims', 0)] }),
      node('Mul', ['sum', 'zero'], ['nothing']),
      node('Add', ['x', 'nothing'], ['y']),
      node('MatMul', ['y', 'w'], ['s']),
      node('Softmax', ['s'], ['p']),
    ],
    initializers: [weights, ...square(16_000), tensor('zero', [1], FLOAT, floats(0))],
  });

/**
 * Divides the smallest integer by −1 for a text with `good9` in it, and by 1 for any other: the processor raises a
 * fault, and the whole process ends. Its answers are otherwise those of a harmless model.
 */
export const dividing = (): Buffer => {
  const cast = (to: number) => ({ attributes: [attribute.int('to', to)] });
  return tiny({
    nodes: [
      node('MatMul', ['x', 'mark'], ['marked']),
      node('Cast', ['marked'], ['n'], cast(INT64)),
      node('Mul', ['n', 'minus two'], ['m']),
      node('Add', ['m', 'one'], ['by']), // 1, or −1
      node('Mul', ['n', 'least'], ['what']), // 0, or the smallest integer
      node('Div', ['what', 'by'], ['q']),
      node('Cast', ['q'], ['f'], cast(FLOAT)),
      node('Mul', ['f', 'zero'], ['nothing']),
      node('MatMul', ['x', 'w'], ['s']),
      node('Add', ['s', 'nothing'], ['t']),
      node('Softmax', ['t'], ['p']),
    ],
    initializers: [
      weights,
      tensor('mark', [WORDS.length, 1], FLOAT, floats(...WORDS.map((word) => (word === 'good9' ? 1 : 0)))),
      tensor('minus two', [1], INT64, int64s(-2)),
      tensor('one', [1], INT64, int64s(1)),
      tensor('least', [1], INT64, int64s(-(2n ** 63n))),
      tensor('zero', [1], FLOAT, floats(0)),
    ],
  });
};

/** A loop of 10¹² rounds. */
export const loop = (): Buffer => {
  const body = graph({
    nodes: [node('Identity', ['go'], ['on'])],
    inputs: [value('round', INT64, []), value('go', 9, [])],
    outputs: [value('on', 9, [])],
  });
  return tiny({
    nodes: [node('Loop', ['rounds', 'yes'], [], { attributes: [attribute.graph('body', body)] }), ...softmax],
    initializers: [weights, tensor('rounds', [], INT64, int64s(10n ** 12n)), tensor('yes', [], 9, Buffer.from([1]))],
  });
};

/** Has the answer as an input besides the question. */
export const asksForTheLabel = (): Buffer =>
  tiny({
    nodes: [node('Cast', ['label'], ['p'], { attributes: [attribute.int('to', 1)] })],
    inputs: [value('x', FLOAT, ['batch', WORDS.length]), value('label', INT64, ['batch', 2])],
  });

export const contractWithLabel: typeof CONTRACT = {
  ...CONTRACT,
  inputs: [...CONTRACT.inputs, { name: 'label', type: 'int64', shape: ['batch', 2] }],
};

/** A judgement in short: its result and the codes of all findings that did not pass. */
export const inShort = ({ result, findings }: GateJudgement): string[] => [
  result,
  ...new Set(findings.filter((f) => f.kind !== 'passed').map((f) => f.code)),
];
