import * as z from 'zod';
import { REVIEWS_F1 } from '../../../bench/measure.ts';
import { Line } from '../../../bench/nbsvm-dv-line.ts';
import type { Recorded } from '../../../bench/recorded.ts';
import { table } from '../markdown.ts';
import { whole, withInterval } from './figures.ts';

/** A published table need not have all of it. */
const ShownLine = Line.partial({ held: true, seconds: true, peakBytes: true });
type ShownLine = z.infer<typeof ShownLine>;

/** What each part of `nbsvm-dv` adds, from all labelled rows. */
export function partTable(recorded: Recorded): string {
  const lines = linesOf(recorded);
  const all = lines.filter(({ rows }) => rows === Math.max(...lines.map((line) => line.rows)));
  const names = [...new Set(all.map(({ name }) => name))];
  return table(
    [
      `${whole(all[0]?.rows ?? 0)} labelled reviews, scored by`,
      REVIEWS_F1,
      'accuracy held out',
      `with unlabelled reviews: ${REVIEWS_F1}`,
      'accuracy held out',
    ],
    names.map((name) => [
      name,
      ...[false, true].flatMap((unlabelled) => {
        const line = all.find((l) => l.name === name && l.unlabelled === unlabelled);
        return [line ? withInterval(line) : '–', line?.held?.toFixed(3) ?? '–'];
      }),
    ]),
  );
}

const MODELS = [
  { head: 'nbsvm', name: 'nbsvm', unlabelled: false },
  { head: 'nbsvm-dv', name: 'both', unlabelled: false },
  { head: 'nbsvm-dv, with unlabelled reviews', name: 'both', unlabelled: true },
] as const;

/** How well they do with few labels. */
export function labelTable(recorded: Recorded): string {
  const lines = linesOf(recorded);
  const sizes = [...new Set(lines.map(({ rows }) => rows))].sort((a, b) => a - b);
  return table(
    [`labelled reviews, ${REVIEWS_F1}`, ...MODELS.map(({ head }) => head)],
    sizes.map((rows) => [
      whole(rows),
      ...MODELS.map(({ name, unlabelled }) => {
        const line = lines.find((l) => l.rows === rows && l.name === name && l.unlabelled === unlabelled);
        return line ? withInterval(line) : '–';
      }),
    ]),
  );
}

const linesOf = ({ benches: [{ rows }] }: Recorded): ShownLine[] => z.array(ShownLine).parse(rows);
