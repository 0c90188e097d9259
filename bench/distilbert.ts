import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../pipeline/progress.ts';
import type { BackendName } from '../pipeline/training/backends/backend.ts';
import { tryBackend } from '../pipeline/training/backends/try.ts';
import type { Bench } from './bench.ts';
import type { Prepared, PrepareInput, StepsInput, StepsResult } from './distilbert.child.ts';
import type { BenchOptions } from './options.ts';
import { inChild, measured } from './process.ts';
import type { Figure, Outcome } from './report.ts';

const CHILD = './distilbert.child.js';
const SCRIPT = fileURLToPath(new URL('../../bench/distilbert.torch.py', import.meta.url));
const THREADS = 2;
const BATCH = 32;
const RATE = 1e-4;

const MISSING =
  'It needs the reviews (--imdb FILE or PAWL_BENCH_IMDB=FILE) and a BERT or DistilBERT as a Hugging Face folder (--weights DIR or PAWL_BENCH_WEIGHTS=DIR).';
const NO_TORCH =
  'PyTorch was not measured: --torch PYTHON or PAWL_BENCH_TORCH=PYTHON names a Python that has torch and transformers.';

const METHOD = [
  `Steps of fine-tuning on the same batches in the same order, ${BATCH} reviews of up to 256 tokens each, of about equal length: forward with dropout, backward, clipping to norm 1, AdamW at ${RATE}. Timed from the first step to the last, loading not counted; tokens without padding.`,
  `Each program alone in a process of its own, ${THREADS} threads, in turns; float32. The mean loss of the last ten steps shows that both learn; their dropout and their new heads differ.`,
];

async function run(options: BenchOptions, folder: string, progress: Progress): Promise<Outcome> {
  const { imdb, weights, torch, reviews, rounds: wanted } = options;
  if (imdb === null || weights === null) return { status: 'not run', reason: MISSING };
  const backend: BackendName = (await tryBackend('tensorflow', THREADS)).usable ? 'tensorflow' : 'wasm';
  const file = join(folder, 'batches.json');
  const input: PrepareInput = { imdb, folder, weights, file, reviews, batch: BATCH };
  const { tokens, batches } = (await inChild<Prepared>(CHILD, 'prepare', input)).answer;
  const [ours, theirs] = [[] as StepsResult[], [] as StepsResult[]];
  const peaks: number[] = [];
  for (let round = 0; round < (wanted ?? 1); round++) {
    const steps: StepsInput = { weights, file, backend, threads: THREADS, rate: RATE };
    const { answer, peakBytes } = await inChild<StepsResult>(CHILD, 'steps', steps, progress);
    ours.push(answer);
    if (peakBytes !== null) peaks.push(peakBytes / 1e6);
    if (torch !== null) theirs.push(await inTorch(torch, weights, file));
  }
  const rate = (results: readonly StepsResult[]) => results.map((r) => tokens / r.seconds);
  const loss = (results: readonly StepsResult[]) => results.map((r) => r.loss);
  const name = `distilbert on ${backend}`;
  const ratios = theirs.map((r, i) => r.seconds / (ours[i] as StepsResult).seconds);
  const figures: Figure[] = [
    { name, unit: 'tokens/s', rounds: rate(ours) },
    { name: `${name}, loss at the end`, unit: 'nats', rounds: loss(ours) },
    ...(peaks.length > 0 ? [{ name: `${name}, peak memory`, unit: 'MB', rounds: peaks }] : []),
    ...(theirs.length > 0
      ? [
          { name: 'PyTorch', unit: 'tokens/s', rounds: rate(theirs) },
          { name: 'PyTorch, loss at the end', unit: 'nats', rounds: loss(theirs) },
          { name: `${name} ÷ PyTorch`, unit: 'ratio', rounds: ratios, target: { side: 'at least', limit: 1 } as const },
        ]
      : []),
  ];
  return {
    status: 'measured',
    settings: { reviews, tokens, steps: batches, threads: THREADS, backend },
    method: torch === null ? [...METHOD, NO_TORCH] : METHOD,
    figures,
  };
}

async function inTorch(python: string, weights: string, file: string): Promise<StepsResult> {
  if (!existsSync(SCRIPT)) throw new Error(`${SCRIPT} is missing: run the bench from the repository`);
  const { stdout } = await measured(python, [SCRIPT, weights, file, String(THREADS), String(RATE)]);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as StepsResult;
}

export const distilbert: Bench = {
  name: 'distilbert',
  summary: 'steps of fine-tuning a pretrained encoder on film reviews, beside PyTorch',
  run,
};
