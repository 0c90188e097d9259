import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What to measure, and how large. */
export type BenchOptions = {
  /** Empty: all. */
  readonly names: readonly string[];
  readonly help: boolean;
  /** Where the results go; null for a file of their own in `bench/results/`. */
  readonly json: string | null;
  /** Null: each bench's own default. */
  readonly rounds: number | null;
  /** Events in the replayed log. */
  readonly events: number;
  readonly imdb: string | null;
  /** Texts without labels, for models. */
  readonly unlabelled: string | null;
  /** A Python with scikit-learn. */
  readonly python: string | null;
  /** Whether models also measures what takes many minutes. */
  readonly long: boolean;
  /** Rows that models or nbsvm-dv measures; empty: all. */
  readonly rows: readonly string[];
  /** Results from which models takes the rows that it does not measure itself. */
  readonly earlier: string | null;
  /** Pretrained encoder: a Hugging Face folder. */
  readonly weights: string | null;
  /** Another checkout that serve is compared with. */
  readonly against: string | null;
  /** How long each measurement of serve takes. */
  readonly seconds: number;
  /** A Python with PyTorch and Transformers. */
  readonly torch: string | null;
  /** Reviews to fine-tune on. */
  readonly reviews: number;
  /** Whether nbsvm is compared with fastText, if that is installed. */
  readonly fasttext: boolean;
  /** Databases and models are written here, in a folder of their own that is removed. */
  readonly folder: string;
};

export const FLAGS = `
  --json FILE    where to write the results (default: a new file in bench/results/; docs/benchmarks.md shows those in bench/recorded/)
  --rounds N     rounds of each measurement, whose median is quoted (default: 7, or 3 for those that take seconds)
  --events N     events in the replayed log (default: 1000000)
  --imdb FILE    an archive or a folder laid out as aclImdb_v1.tar.gz, for nbsvm (default: PAWL_BENCH_IMDB)
  --unlabelled PATH  texts without labels, for models (default: PAWL_BENCH_UNLABELLED)
  --python PYTHON  a Python with scikit-learn, for models (default: PAWL_BENCH_PYTHON)
  --long         models: what takes many minutes, too
  --rows NAME[,NAME…]  models, nbsvm-dv: these rows of the table alone; a wrong one names them all
  --with FILE    models: results of an earlier call, for rows that this one does not measure
  --weights DIR  a pretrained BERT or DistilBERT, for distilbert, models, quantize and serve (default: PAWL_BENCH_WEIGHTS)
  --against DIR  serve: another checkout of Pawl, built, to hold this one against
  --seconds N    serve: how long each measurement takes (default: 4)
  --torch PYTHON a Python with torch and transformers, for distilbert and models (default: PAWL_BENCH_TORCH)
  --reviews N    reviews to fine-tune on, for distilbert (default: 2000)
  --no-fasttext  nbsvm alone, not beside fastText (which takes 2 GB of memory)
  --folder DIR   where to write while measuring: take a disk, not memory (default: ${tmpdir()})
  --help         this text
`;

/** @throws {TypeError} for an unknown flag, or a number out of range */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv): BenchOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      json: text,
      rounds: text,
      events: text,
      imdb: text,
      against: text,
      seconds: text,
      folder: text,
      weights: text,
      torch: text,
      reviews: text,
      unlabelled: text,
      python: text,
      rows: text,
      with: text,
      long: flag,
      help: flag,
      'no-fasttext': flag,
    },
  });
  const imdb = values.imdb ?? env.PAWL_BENCH_IMDB;
  return {
    names: positionals,
    help: values.help ?? false,
    json: values.json === undefined ? null : resolve(values.json),
    rounds: values.rounds === undefined ? null : count('--rounds', values.rounds, 1, 1000),
    events: count('--events', values.events ?? '1000000', 1000, 100_000_000),
    imdb: resolved(imdb),
    unlabelled: resolved(values.unlabelled ?? env.PAWL_BENCH_UNLABELLED),
    python: (values.python ?? env.PAWL_BENCH_PYTHON) || null,
    long: values.long ?? false,
    rows: values.rows?.split(',').map((name) => name.trim()) ?? [],
    earlier: resolved(values.with),
    against: resolved(values.against),
    seconds: count('--seconds', values.seconds ?? '4', 1, 600),
    weights: resolved(values.weights ?? env.PAWL_BENCH_WEIGHTS),
    torch: (values.torch ?? env.PAWL_BENCH_TORCH) || null,
    reviews: count('--reviews', values.reviews ?? '2000', 1, 25_000),
    fasttext: !values['no-fasttext'],
    folder: resolve(values.folder ?? tmpdir()),
  };
}

const resolved = (path: string | undefined): string | null => (path ? resolve(path) : null);

function count(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`${flag} ${text}: give a whole number from ${least} to ${most}`);
}
