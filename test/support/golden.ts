import { readFileSync } from 'node:fs';
import { fixture } from './paths.ts';

/** Reference values of a tiny transformer: see test/fixtures/golden. */
export type Golden = {
  readonly texts: readonly string[];
  readonly inputs: Readonly<Record<'input_ids' | 'attention_mask', readonly (readonly number[])[]>>;
  readonly onnxruntime_logits: Readonly<Record<'model' | 'model_quantized', readonly (readonly number[])[]>>;
};

export type Tiny = 'tiny-bert' | 'tiny-distilbert';

export const goldenFile = (model: Tiny, name: string): string => fixture(`golden/${model}/${name}`);
export const goldenBytes = (model: Tiny, name: string): Buffer => readFileSync(goldenFile(model, name));
export const golden = (model: Tiny): Golden => JSON.parse(goldenBytes(model, 'golden.json').toString('utf8'));

export function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const powers = logits.map((l) => Math.exp(l - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}
