import { existsSync, writeFileSync } from 'node:fs';
import type { Runtime, RuntimeSource } from '../../registry-repo/runtime/runtime.ts';

/** The program that loads fake models. */
export const FAKE_CHILD = new URL('./fake-child.js', import.meta.url);

/** What a fake model is: its "weights" are this, as JSON in `model.onnx`. */
export type FakeModel = {
  /** Probability of the last label for a text without letters, in [0, 0.8]. */
  readonly bias: number;
  readonly load?: 'fail' | 'crash' | 'hang';
};

/** Texts with an effect on a worker. */
export const CRASH = 'crash now';
export const NAN = 'give nothing';

/** A fake model's answer to a text: different for most texts and for each bias. */
export function fakeProbability(bias: number, text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 997;
  return Math.fround(bias + 0.2 * (sum / 997));
}

/** Reports that it is blocked, and stays so until it is released. */
function hold(folder: string): void {
  writeFileSync(`${folder}/held`, '');
  while (!existsSync(`${folder}/free`)) sleepSync(5);
}

const sleepSync = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

export async function loadFake({ manifest, file }: RuntimeSource): Promise<Runtime> {
  const { bias, load } = JSON.parse(Buffer.from(file('model.onnx')).toString()) as FakeModel;
  if (load === 'fail') throw Object.assign(new Error('not a model'), { code: 'model_refused' });
  if (load === 'crash') process.exit(7);
  if (load === 'hang') sleepSync(10_000);
  let released = false;
  return {
    labels: manifest.labels,
    async classify(texts) {
      if (released) throw new Error('released');
      const rows = texts.map((text) => {
        if (text === CRASH) process.exit(7);
        if (text === NAN) throw Object.assign(new Error(`no answer for ${text}`), { code: 'model_refused' });
        if (text.startsWith('hold ')) hold(text.slice(5));
        const last = fakeProbability(bias, text);
        const others = manifest.labels.length - 1;
        return [...Array<number>(others).fill((1 - last) / others), last];
      });
      return new Float32Array(rows.flat());
    },
    async release() {
      released = true;
    },
  };
}
