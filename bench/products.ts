import { fileURLToPath } from 'node:url';
import type { Progress } from '../pipeline/progress.ts';
import type { Bench } from './bench.ts';
import type { BenchOptions } from './options.ts';
import { inChild, measured } from './process.ts';
import type { Kind, ProductsAnswer, ProductsInput } from './products.child.ts';
import type { Figure, Outcome } from './report.ts';

const CHILD = './products.child.js';
const ROUNDS = 60;
const KINDS: readonly Kind[] = [
  { name: 'unsigned', weights: 'unsigned', rewritten: false },
  { name: 'signed, rewritten when loaded', weights: 'signed', rewritten: true },
  { name: 'signed', weights: 'signed', rewritten: false },
  { name: 'seven-bits', weights: 'seven-bits', rewritten: false },
];
const METHOD = [
  'Six graphs, each the product of 32 rows of 384 numbers and 384 × 1536 weights, all drawn from a normal distribution; one thread; floats and each kind of bytes in turns.',
  'Distance: of the product in bytes from the product in floats, divided by the length of the latter; one for each graph.',
];
const NOT_EMULATED =
  'Distances on another processor were not measured: PAWL_BENCH_EMULATOR="qemu-x86_64 -cpu Haswell" names a program that plays one.';
const EMULATED =
  'On the emulated processor (PAWL_BENCH_EMULATOR) only distances are measured: its speed is that of the emulator.';

async function run({ rounds }: BenchOptions, _folder: string, progress: Progress): Promise<Outcome> {
  const input: ProductsInput = { kinds: KINDS, rounds: rounds ?? ROUNDS };
  const { answer } = await inChild<ProductsAnswer>(CHILD, 'products', input, progress);
  const emulator = process.env.PAWL_BENCH_EMULATOR;
  const elsewhere = emulator ? await emulated(emulator.split(' ').filter(Boolean)) : null;
  return {
    status: 'measured',
    settings: { products: 6, threads: 1, ...(emulator && { emulator }) },
    method: [...METHOD, elsewhere ? EMULATED : NOT_EMULATED],
    figures: KINDS.flatMap(({ name }, k): Figure[] => {
      const { distances, batch, single } = answer.kinds[k] as ProductsAnswer['kinds'][number];
      return [
        { name: `${name}, distance`, unit: 'relative', rounds: distances },
        ...(elsewhere
          ? [{ name: `${name}, distance, emulated`, unit: 'relative', rounds: elsewhere.kinds[k]?.distances ?? [] }]
          : []),
        { name: `${name}, speed at 32 rows ÷ float32`, unit: 'ratio', rounds: batch },
        { name: `${name}, speed at 1 row ÷ float32`, unit: 'ratio', rounds: single },
      ];
    }),
  };
}

/** The same in a processor that another program plays. */
async function emulated([program = '', ...flags]: readonly string[]): Promise<ProductsAnswer> {
  const script = fileURLToPath(new URL(CHILD, import.meta.url));
  const input: ProductsInput = { kinds: KINDS, rounds: 0 };
  const { stdout } = await measured(program, [...flags, process.execPath, script, 'products', JSON.stringify(input)]);
  return JSON.parse(stdout) as ProductsAnswer;
}

export const products: Bench = {
  name: 'products',
  summary: 'matrix products in floats and in bytes: how far apart, and how fast, by the kind of bytes',
  run,
};
