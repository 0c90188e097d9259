import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Row } from '../../registry-repo/rows.ts';
import { FLOAT, floats, model, node, tensor, value } from './onnx.ts';

// Models whose skill is a number, and rows to measure it on: all results can be computed by hand.

const ten = Array.from({ length: 10 }, (_, i) => i);
export const LABELS = ['neg', 'pos'];
/** Ten words that mean `neg`, then ten that mean `pos`. */
export const WORDS = [...ten.map((i) => `bad${i}`), ...ten.map((i) => `good${i}`)];

/** Four rows for each word, eighty in all; or others, told apart by `salt`. */
export const rowsFor = (salt = 'test', each = 4): Row[] =>
  WORDS.flatMap((word, i) =>
    Array.from({ length: each }, (_, n) => ({
      text: `the ${salt} film number ${n} was ${word}`,
      label: LABELS[i < 10 ? 0 : 1] as string,
    })),
  );

/**
 * A model that knows the first `skill` words of either kind and takes the rest for `neg`. On `rowsFor()` it gets 4·skill
 * positives right and misses the others, so its F1 is 2·skill / (skill + 10): 1, 0.947, 0.889, 0.824 for 10, 9, 8, 7.
 */
export function skilled(skill: number): TestModel {
  return {
    bytes: knowing(ten.filter((i) => i < skill)),
    contract: CONTRACT,
    golden: skill > 0 ? [goldenAnswer('bad0', 4.5), goldenAnswer('good0', -3.5)] : [goldenAnswer('', 0.5)],
    confusion: confusionOfSkill(skill),
  };
}

/** The bytes of a model that knows these words of either kind, by their numbers from 0 to 9, and takes the rest for `neg`. */
export function knowing(words: readonly number[]): Buffer {
  const weight = (i: number) => (words.includes(i % 10) ? 4 : 0);
  const weights = WORDS.flatMap((_, i) => (i < 10 ? [weight(i), 0] : [0, weight(i)]));
  return model({
    nodes: [node('MatMul', ['x', 'w'], ['s']), node('Add', ['s', 'b'], ['z']), node('Softmax', ['z'], ['p'])],
    initializers: [tensor('w', [WORDS.length, 2], FLOAT, floats(...weights)), tensor('b', [2], FLOAT, floats(0.5, 0))],
    inputs: [value('x', FLOAT, ['batch', WORDS.length])],
    outputs: [value('p', FLOAT, ['batch', 2])],
  });
}

export type TestModel = {
  readonly bytes: Buffer;
  readonly contract: Manifest['contract'];
  readonly golden: Manifest['golden'];
  readonly confusion: number[][];
};

export const CONTRACT: Manifest['contract'] = {
  inputs: [{ name: 'x', type: 'float32', shape: ['batch', WORDS.length] }],
  output: { name: 'p', type: 'float32', shape: ['batch', 2] },
};

export const confusionOfSkill = (skill: number): number[][] => [
  [40, 0],
  [4 * (10 - skill), 4 * skill],
];

/** F1 of `pos` on `rowsFor()`. */
export const f1OfSkill = (skill: number): number => (2 * skill) / (skill + 10);

/** @param lead of `neg` over `pos`, as a logit */
function goldenAnswer(text: string, lead: number): Manifest['golden'][number] {
  const neg = 1 / (1 + Math.exp(-lead));
  return { text, probabilities: [neg, 1 - neg] };
}
