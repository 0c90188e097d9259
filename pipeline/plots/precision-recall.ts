import type { Curve } from '../evaluation/answer-counts.ts';
import { axisX, type Frame, gridY, linear } from './axes.ts';
import { colour, dot, drawing, label, line, num, path, shortened } from './svg.ts';

const FRAME: Frame = { left: 64, top: 84, right: 460, bottom: 410 };
const LEGEND = 486;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** @param rows how many were scored @param of how many labels a single mean curve stands for; null: curves are of single labels */
export function precisionRecallPlot(curves: readonly Curve[], rows: number, of: number | null = null): string {
  const [x, y] = [linear(TICKS, FRAME.left, FRAME.right), linear(TICKS, FRAME.bottom, FRAME.top)];
  const body = [
    ...gridY(FRAME, y),
    ...axisX(FRAME, x),
    label('recall', (FRAME.left + FRAME.right) / 2, FRAME.bottom + 36, { anchor: 'middle', style: 'faint' }),
    label('precision', 20, FRAME.top - 13, { style: 'faint' }),
    ...curves.map((c) => line(FRAME.left, y.at(c.prevalence), FRAME.right, y.at(c.prevalence), 'guide')),
    ...curves.map((c, i) => path(steps(c, x.at, y.at), `series s${colour(i)}`)),
    ...curves.map((c, i) => dot(x.at(c.operating.recall), y.at(c.operating.precision), 5, `mark f${colour(i)}`)),
    ...curves.flatMap((c, i) => legend(c, i, curves.length)),
    ...key(curves.length),
  ];
  return drawing({
    height: 462,
    title: 'Precision and recall',
    subtitle: of === null ? `on ${rows} test rows` : `mean over ${of} labels, on ${rows} test rows`,
    description: curves.map(inWords).join(' '),
    body,
  });
}

const inWords = ({ label: name, averagePrecision, prevalence, operating }: Curve): string =>
  `${shortened(name, 60)}: average precision ${averagePrecision.toFixed(3)}; the model's answers have precision ${operating.precision.toFixed(3)} at recall ${operating.recall.toFixed(3)}; guessing has precision ${prevalence.toFixed(3)}.`;

/**
 * No point between two thresholds can be reached, so the curve is drawn in steps; one for each column of the picture.
 */
function steps({ points }: Curve, x: (v: number) => number, y: (v: number) => number): string {
  const columns = new Map<number, number>();
  for (const { recall, precision } of points) columns.set(Math.round(x(recall)), precision);
  let [commands, before] = ['', ''];
  for (const [column, precision] of columns) {
    const height = num(y(precision));
    commands += commands === '' ? `M${num(x(0))} ${height}` : height === before ? '' : `V${height}`;
    commands += `H${column}`;
    before = height;
  }
  return commands;
}

function legend({ label: name, averagePrecision, operating }: Curve, index: number, of: number): string[] {
  const spacing = of > 4 ? 36 : 54;
  const top = FRAME.top + 8 + index * spacing;
  const [precision, recall] = [operating.precision.toFixed(3), operating.recall.toFixed(3)];
  const average = averagePrecision.toFixed(3);
  const details =
    of > 4
      ? [`AP ${average}, P ${precision}, R ${recall}`]
      : [`average precision ${average}`, `precision ${precision}, recall ${recall}`];
  return [
    line(LEGEND, top - 4, LEGEND + 22, top - 4, `series s${colour(index)}`),
    label(shortened(name, 24), LEGEND + 30, top, { style: 'strong' }),
    ...details.map((text, i) => label(text, LEGEND + 30, top + 16 * (i + 1), { style: 'faint' })),
  ];
}

function key(curves: number): string[] {
  const bottom = FRAME.bottom;
  return [
    dot(LEGEND + 11, bottom - 20, 5, curves === 1 ? 'mark f0' : 'mark key'),
    label('the model’s own answers', LEGEND + 30, bottom - 16, { style: 'faint' }),
    line(LEGEND, bottom - 2, LEGEND + 22, bottom - 2, 'guide'),
    label(curves === 1 ? 'guessing (share of the label)' : 'guessing (shares of labels)', LEGEND + 30, bottom + 2, {
      style: 'faint',
    }),
  ];
}
