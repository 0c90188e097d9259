import * as z from 'zod';
import { REVIEWS_F1 } from '../../../bench/measure.ts';
import { ModelRow } from '../../../bench/model-row.ts';
import type { Recorded } from '../../../bench/recorded.ts';
import { table } from '../markdown.ts';
import { whole, withInterval, withUnit } from './figures.ts';

const HEAD = [
  'trained by',
  `${REVIEWS_F1} (95 % interval)`,
  'training',
  'processor time',
  'model',
  'texts/s',
  'peak memory',
  'backend',
];

/** The rows of the bench `models`. */
export const modelTable = ({ benches: [{ rows }] }: Recorded): string =>
  table(HEAD, z.array(ModelRow).parse(rows).map(cellsOf));

function cellsOf(row: ModelRow): string[] {
  if ('reason' in row) return [row.name, row.failed ? 'failed' : 'not run', ...HEAD.slice(2).map(() => '')];
  const { name, train, cpu, modelBytes, textsPerSecond, peakBytes, backend } = row;
  return [
    ...[name, withInterval(row), withUnit(train, 's'), withUnit(cpu, 's'), megabytes(modelBytes)],
    ...[whole(textsPerSecond), megabytes(peakBytes), backend],
  ];
}

const megabytes = (bytes: number | null): string => (bytes === null ? '–' : withUnit(bytes / 1e6, 'MB'));
