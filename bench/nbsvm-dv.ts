import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../pipeline/progress.ts';
import { share, textTable } from '../pipeline/table.ts';
import type { Bench } from './bench.ts';
import { REVIEWS_F1 } from './measure.ts';
import type { AblationInput, AblationResult, Variant } from './nbsvm-dv.child.ts';
import type { Line } from './nbsvm-dv-line.ts';
import type { BenchOptions } from './options.ts';
import { inChild } from './process.ts';
import type { Outcome } from './report.ts';

const CHILD = './nbsvm-dv.child.js';
const WORKERS = 2;
const SIZES = [1000, 5000] as const;
const DIMENSIONS = [16, 32] as const;

const MISSING =
  'It needs the reviews: --imdb FILE or PAWL_BENCH_IMDB=FILE, the archive of https://ai.stanford.edu/~amaas/data/sentiment/ or a folder of its layout.';
const METHOD = [
  `A line of seconds is one process with ${WORKERS} threads that learns n-gram vectors once, with the trainer's defaults but for what the row says; each row is a model of its own, exported to ONNX and measured by the runtime on all test reviews.`,
  `${REVIEWS_F1} has its 95 % interval. Held is the accuracy on the training rows, each scored by a model of four other fifths: defaults are chosen by it alone. Vectors and idf have seen the fifths too, without labels.`,
  'Fewer rows are a draw with as many of each label; texts without labels are all there are, at every size.',
];

const variant = (name: string, parts: Variant['parts'], weighting: Variant['weighting'] = 'ratio'): Variant => {
  return { name, parts, weighting };
};
const NBSVM = variant('nbsvm', 'ngrams');
const BOTH = variant('both', 'both');
const RATIO = variant('vectors, idf × ratio', 'vectors');
const VECTORS = [variant('vectors, plain mean', 'vectors', 'plain'), variant('vectors, idf', 'vectors', 'idf'), RATIO];

/** One process for all rows: vectors are learnt once. */
type Group = Pick<AblationInput, 'rows' | 'config' | 'variants'> & {
  readonly key: string;
  readonly more: boolean;
  readonly note: string;
};

const group = (key: string, more: boolean, variants: readonly Variant[], over: Partial<Group> = {}): Group => {
  return { rows: null, config: {}, note: '', ...over, key, more, variants };
};

const GROUPS: readonly Group[] = [
  ...SIZES.map((rows) => group(String(rows), false, [NBSVM, BOTH], { rows })),
  group('all', false, [NBSVM, ...VECTORS, BOTH]),
  ...SIZES.map((rows) => group(`${rows}+texts`, true, [BOTH], { rows })),
  ...DIMENSIONS.map((dimensions) =>
    group(`dimensions=${dimensions}`, true, [RATIO, BOTH], {
      config: { dimensions },
      note: `, ${dimensions} dimensions`,
    }),
  ),
  group('all+texts', true, [...VECTORS, BOTH]),
];

async function run(
  { imdb, unlabelled, rows: wanted }: BenchOptions,
  folder: string,
  progress: Progress,
): Promise<Outcome> {
  if (imdb === null) return { status: 'not run', reason: MISSING };
  const unknown = wanted.filter((key) => !GROUPS.some((known) => known.key === key));
  if (unknown.length > 0)
    throw new TypeError(`--rows ${unknown.join(',')}: there are ${GROUPS.map(({ key }) => key).join(', ')}`);
  const groups = GROUPS.filter(
    ({ key, more }) => (!more || unlabelled !== null) && (wanted.length === 0 || wanted.includes(key)),
  );
  const lines: Line[] = [];
  for (const [i, { key: _, more, note, ...rest }] of groups.entries()) {
    const own = join(folder, String(i));
    mkdirSync(own);
    const input: AblationInput = { ...rest, imdb, unlabelled: more ? unlabelled : null, folder: own, workers: WORKERS };
    const { answer, seconds, peakBytes } = await inChild<AblationResult>(CHILD, 'ablation', input, progress);
    for (const [j, result] of answer.results.entries())
      lines.push({
        ...{ name: `${rest.variants[j]?.name}${note}`, rows: answer.rows, unlabelled: more },
        ...{ ...result, seconds, peakBytes },
      });
  }
  const left = unlabelled === null ? ['Nothing learnt from texts without labels: --unlabelled PATH names them.'] : [];
  return {
    status: 'measured',
    settings: { threads: WORKERS },
    method: [...METHOD, ...left],
    figures: lines.map(({ name, rows, unlabelled: more, f1 }) => ({
      name: `${name}, ${rows} rows${more ? ' and texts without labels' : ''}, ${REVIEWS_F1}`,
      unit: 'share',
      rounds: [f1],
    })),
    table: tableOf(lines),
    rows: lines,
  };
}

const tableOf = (lines: readonly Line[]): string =>
  textTable(
    ['rows', 'unlabelled', 'scored by', REVIEWS_F1, '95 % interval', 'held', 'process', 'peak'],
    lines.map((line) => [
      ...[String(line.rows), line.unlabelled ? 'yes' : 'no', line.name, share(line.f1)],
      ...[`${share(line.low)} – ${share(line.high)}`, share(line.held), `${line.seconds.toFixed(0)} s`],
      line.peakBytes === null ? '–' : `${(line.peakBytes / 1e6).toFixed(0)} MB`,
    ]),
    [0, 6, 7],
  );

export const nbsvmDv: Bench = {
  name: 'nbsvm-dv',
  summary:
    'what n-gram vectors add to nbsvm, part by part, and with few labels; with --unlabelled, what such texts add',
  run,
};
