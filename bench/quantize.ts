import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../pipeline/progress.ts';
import type { Bench } from './bench.ts';
import { REVIEWS_F1 } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { inChild, measured } from './process.ts';
import type { BytesInput, Compared, CompareInput, HeadInput } from './quantize.child.ts';
import type { Figure, Outcome } from './report.ts';

const CHILD = './quantize.child.js';
const SCRIPT = fileURLToPath(new URL('../../bench/quantize.onnx.py', import.meta.url));
const TEXTS = 1000;
/** Training rows of the head, if no model is given. */
const ROWS = 2000;
const WORKERS = 2;

const MISSING =
  'It needs the reviews (--imdb FILE or PAWL_BENCH_IMDB=FILE) and a BERT or DistilBERT as a Hugging Face folder (--weights DIR or PAWL_BENCH_WEIGHTS=DIR), or a trained model as the bench `models` leaves it (PAWL_BENCH_MODEL=DIR).';
const NO_ONNX =
  'ONNX Runtime’s own quantization was not measured: PAWL_BENCH_ONNX=PYTHON names a Python that has onnx and onnxruntime.';
const METHOD = [
  `${REVIEWS_F1} is of ${TEXTS} test reviews, every so many-th; so are agreement with the floats and the largest difference of a probability.`,
  'Texts a second: all models in one process, one thread each, from text to probabilities, 32 reviews by 32 in turns; reviews of up to 256 tokens.',
];

type Made = { readonly name: string; readonly folder: string };

async function run({ imdb, weights, rounds }: BenchOptions, folder: string, progress: Progress): Promise<Outcome> {
  const { PAWL_BENCH_MODEL: given, PAWL_BENCH_ONNX: python } = process.env;
  if (imdb === null || (weights === null && !given)) return { status: 'not run', reason: MISSING };
  const floats = given || join(folder, 'float');
  if (!given && weights !== null) {
    const input: HeadInput = { imdb, folder: floats, weights, rows: ROWS, workers: WORKERS };
    await inChild<number>(CHILD, 'head', input, progress);
  }
  const models: Made[] = [{ name: 'float32', folder: floats }];
  for (const weights of ['unsigned', 'seven-bits', 'signed'] as const) {
    const made = { name: `bytes, ${weights}`, folder: join(folder, weights) };
    await inChild<number>(CHILD, 'bytes', { from: floats, to: made.folder, weights } satisfies BytesInput);
    models.push(made);
  }
  if (python) models.push(await theirs(python, floats, join(folder, 'theirs')));
  const input: CompareInput = {
    ...{ imdb, folder, texts: TEXTS, rounds: rounds ?? 1 },
    models: models.map((model) => model.folder),
  };
  const { answer } = await inChild<Compared[]>(CHILD, 'compare', input, progress);
  const what = given
    ? 'the model of PAWL_BENCH_MODEL'
    : `\`encoder-head\` on ${basename(weights ?? '')}, its head from ${ROWS} reviews`;
  return {
    status: 'measured',
    settings: { texts: TEXTS, threads: 1 },
    method: [`Quantized: ${what}.`, ...METHOD, ...(python ? [] : [NO_ONNX])],
    figures: models.flatMap(({ name }, i) => figuresOf(name, answer[i] as Compared, answer[0] as Compared, i > 0)),
  };
}

function figuresOf(name: string, own: Compared, floats: Compared, compared: boolean): Figure[] {
  const once = (what: string, unit: string, value: number): Figure => ({
    name: `${name}, ${what}`,
    unit,
    rounds: [value],
  });
  const faster = own.textsPerSecond.map((rate, i) => rate / (floats.textsPerSecond[i] as number));
  return [
    once('model', 'MB', own.megabytes),
    once(REVIEWS_F1, 'share', own.f1),
    { name: `${name}, inference`, unit: 'texts/s', rounds: own.textsPerSecond },
    ...(compared
      ? [
          { name: `${name}, inference ÷ float32`, unit: 'ratio', rounds: faster },
          once('agreement with float32', 'share', own.agreement),
          once('farthest probability from float32', 'share', own.farthest),
        ]
      : []),
  ];
}

/** The same by ONNX Runtime's Python package. */
async function theirs(python: string, floats: string, folder: string): Promise<Made> {
  if (!existsSync(SCRIPT)) throw new Error(`${SCRIPT} is missing: run the bench from the repository`);
  await inChild<number>(CHILD, 'complete', { from: floats, to: folder });
  const { stdout } = await measured(python, [SCRIPT, join(floats, 'model.onnx'), join(folder, 'model.onnx')]);
  const { version } = JSON.parse(stdout.trim().split('\n').at(-1) as string) as { version: string };
  return { name: `quantize_dynamic of ONNX Runtime ${version}`, folder };
}

export const quantize: Bench = {
  name: 'quantize',
  summary: `a transformer in floats and in bytes: size, speed, ${REVIEWS_F1} and agreement, beside ONNX Runtime’s own quantization`,
  run,
};
