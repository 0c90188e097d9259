import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { f1 } from '../registry-repo/f1.ts';
import { toNumber } from '../registry-repo/fraction.ts';
import type { Row } from '../registry-repo/rows.ts';
import { REVIEWS } from './measure.ts';
import { measured } from './process.ts';

// The command line program of https://fasttext.cc (Bojanowski et al. 2016, Joulin et al. 2016), for comparison.

const WORD_PAIRS = ['-wordNgrams', '2', '-epoch', '5', '-bucket', '4000000', '-thread', '2'];

/**
 * Its own 100 dimensions and learning rate, and settings that suit two labels and 25,000 rows better: faster, smaller,
 * and more accurate.
 */
export const VARIANTS = [
  { name: 'fastText', args: WORD_PAIRS },
  { name: 'fastText tuned', args: [...WORD_PAIRS, '-dim', '10', '-lr', '0.5'] },
] as const;
export type Variant = (typeof VARIANTS)[number];

const PREFIX = '__label__';
const TRAIN = 'fasttext.train';
const TEST = 'fasttext.test';

/** Whether the program `fasttext` is installed. */
export async function hasFasttext(): Promise<boolean> {
  return measured('fasttext', ['dump']).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT', // without a model it prints its usage, which shows that it is there
  );
}

/**
 * Writes what fastText reads: a row on each line, lower case, punctuation removed (it scores better than with it split
 * off). The training rows are shuffled, always in the same way, because stochastic gradient descent fails on rows
 * sorted by label.
 */
export function writeFasttextInput(folder: string, rows: { train: readonly Row[]; test: readonly Row[] }): void {
  const line = ({ label, text }: Row) => `${PREFIX}${label} ${words(text)}\n`;
  writeFileSync(join(folder, TRAIN), shuffled(rows.train).map(line).join(''));
  writeFileSync(join(folder, TEST), rows.test.map(line).join(''));
}

const words = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}']+/gu, ' ')
    .trim();

/** Fisher–Yates, with the multiplier and increment of Numerical Recipes' 32-bit linear congruential generator. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let state = 1;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** `peakBytes` is that of the larger of the two processes. `f1` is by `REVIEWS`. */
export type FasttextResult = { train: number; test: number; peakBytes: number | null; f1: number };

/**
 * Times training (which writes the model) and testing. Predicting is not timed: it is needed because its `test` gives
 * no F1.
 */
export async function runFasttext(
  folder: string,
  labels: readonly string[],
  { args }: Variant,
): Promise<FasttextResult> {
  const model = ['fasttext.bin', TEST];
  const train = await measured('fasttext', ['supervised', '-input', TRAIN, '-output', 'fasttext', ...args], {
    cwd: folder,
  });
  const test = await measured('fasttext', ['test', ...model], { cwd: folder });
  const { stdout } = await measured('fasttext', ['predict', ...model], { cwd: folder });
  for (const ending of ['bin', 'vec']) rmSync(join(folder, `fasttext.${ending}`), { force: true });
  const peaks = [train, test].flatMap(({ peakBytes }) => (peakBytes === null ? [] : [peakBytes]));
  return {
    train: train.seconds,
    test: test.seconds,
    peakBytes: peaks.length > 0 ? Math.max(...peaks) : null,
    f1: scoreOf(folder, stdout, labels),
  };
}

function scoreOf(folder: string, predictions: string, labels: readonly string[]): number {
  const indexOf = (line: string) => labels.indexOf(line.split(' ')[0]?.slice(PREFIX.length) ?? '');
  const truth = readFileSync(join(folder, TEST), 'utf8').trimEnd().split('\n').map(indexOf);
  const predicted = predictions.trimEnd().split('\n').map(indexOf);
  if (predicted.length !== truth.length || predicted.includes(-1))
    throw new Error(`fasttext predict answered ${predicted.length} lines for ${truth.length} rows`);
  const confusion = labels.map(() => labels.map(() => 0));
  for (const [i, t] of truth.entries()) {
    const row = confusion[t] as number[];
    const p = predicted[i] as number;
    row[p] = (row[p] as number) + 1;
  }
  return toNumber(f1(labels, confusion, REVIEWS));
}
