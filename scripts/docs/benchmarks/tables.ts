import { REVIEWS_F1 } from '../../../bench/measure.ts';
import type { Recorded } from '../../../bench/recorded.ts';
import { figureColumns, figureTable, whole } from './figures.ts';
import { modelTable } from './model-table.ts';
import { labelTable, partTable } from './nbsvm-dv-tables.ts';
import { shortened } from './provenance.ts';

/** A table of docs/benchmarks.md. `title` is in its marks. */
export type BenchTable = {
  readonly title: string;
  readonly bench: string;
  readonly table: (recorded: Recorded) => string;
};

const settings = ({ benches: [bench] }: Recorded) => bench.settings;
const count = (recorded: Recorded, name: string): string => whole(Number(settings(recorded)[name]));
const against = (recorded: Recorded): string => {
  const commit = settings(recorded).against;
  return commit === undefined ? 'the other checkout' : `commit ${shortened(String(commit))}`;
};

/** Every table, in the order of the page. */
export const tables: readonly BenchTable[] = [
  {
    title: 'events',
    bench: 'events',
    table: (recorded) => figureTable(`event store, ${count(recorded, 'events')} events`, recorded),
  },
  {
    title: 'nbsvm',
    bench: 'nbsvm',
    table: (recorded) =>
      figureColumns(
        'nbsvm beside fastText',
        /^(.+), F1 of /,
        [
          { head: REVIEWS_F1, endings: [`, ${REVIEWS_F1}`] },
          { head: 'time', endings: [', load + train + evaluate', ', train + test'] },
          { head: 'peak memory', endings: [', peak memory'] },
          { head: 'model', endings: [', model'] },
        ],
        recorded,
      ),
  },
  { title: 'models', bench: 'models', table: modelTable },
  {
    title: 'distilbert',
    bench: 'distilbert',
    table: (recorded) =>
      figureTable(
        `fine-tuning, ${count(recorded, 'threads')} threads, ${count(recorded, 'reviews')} reviews`,
        recorded,
      ),
  },
  {
    title: 'quantize',
    bench: 'quantize',
    table: (recorded) =>
      figureColumns(
        `${count(recorded, 'texts')} test reviews, one thread`,
        /^(.+), model$/,
        [
          { head: 'model', endings: [', model'] },
          { head: 'speed ÷ float32', endings: [', inference ÷ float32'] },
          { head: REVIEWS_F1, endings: [`, ${REVIEWS_F1}`] },
          { head: 'same label as float32', endings: [', agreement with float32'] },
          { head: 'max difference of probability', endings: [', farthest probability from float32'] },
        ],
        recorded,
      ),
  },
  {
    title: 'products',
    bench: 'products',
    table: (recorded) =>
      figureColumns(
        'products 384 × 1536, one thread',
        /^(.+), distance$/,
        [
          { head: 'distance', endings: [', distance'] },
          { head: 'distance, emulated', endings: [', distance, emulated'] },
          { head: '32 rows: speed ÷ float32', endings: [', speed at 32 rows ÷ float32'] },
          { head: '1 row: speed ÷ float32', endings: [', speed at 1 row ÷ float32'] },
        ],
        recorded,
      ),
  },
  {
    title: 'serve',
    bench: 'serve',
    table: (recorded) =>
      figureColumns(
        '`pawl serve`, one text a request',
        /^(.+(?<!, against)), p50$/,
        [
          { head: 'answers', endings: [''] },
          { head: 'p50', endings: [', p50'] },
          { head: 'p99', endings: [', p99'] },
          { head: `answers ÷ those of ${against(recorded)}`, endings: [' ÷ against'] },
        ],
        recorded,
      ),
  },
  { title: 'nbsvm-dv, part by part', bench: 'nbsvm-dv', table: partTable },
  { title: 'nbsvm-dv, by the number of labels', bench: 'nbsvm-dv', table: labelTable },
];
