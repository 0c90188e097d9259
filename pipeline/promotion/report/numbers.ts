import { claimName, measureName, measureNameFor } from '../../../registry-repo/averaging.ts';
import { presentF1 } from '../../../registry-repo/f1.ts';
import { toNumber } from '../../../registry-repo/fraction.ts';
import { mcnemar } from '../../../registry-repo/judge/mcnemar.ts';
import { bestTrivial } from '../../../registry-repo/judge/trivial.ts';
import type { Manifest } from '../../../registry-repo/manifest.ts';
import { denseCounts } from '../../../registry-repo/stored-counts.ts';
import type { Confusion } from '../../../registry-repo/values.ts';
import { CONFIDENCE, f1Interval, type Interval, pairedInterval, wilson } from '../../evaluation/intervals.ts';
import { labelMetrics } from '../../evaluation/metrics.ts';
import { details, plain, table } from '../../markdown.ts';
import { type Counted, countsOf, isSquare, type ReportFacts } from './facts.ts';

// The tables of numbers. The only untrusted text in their cells are labels, which are escaped and shortened.

/** With more labels than this, a table is too long to read. */
const MAX_LABEL_ROWS = 50;
const MAX_MATRIX_LABELS = 20;
const LABEL_LENGTH = 40;
/** Of a measure, which may have a label in its name. */
const NAME_LENGTH = 80;

/** Candidate, baseline and difference, with the probability that chance explains the difference. */
export function comparison(facts: ReportFacts): string {
  const { candidate, baseline, averaging } = facts;
  const measured = facts.judged?.measured ?? null;
  const { mine, theirs } = countsOf(facts);
  const between = (of: typeof mine | null) => of && averaging && f1Interval(of.labels, of.confusion, averaging);
  const head = ['', `candidate v${candidate.version}`, baseline ? `baseline v${baseline.version}` : 'no baseline'];
  const paired = measured?.discordant ?? null;
  const name = plain(measureOf(facts), NAME_LENGTH);
  const rows = [
    [...head, 'difference'],
    compared(name, mine.f1, theirs?.f1 ?? null),
    ...trivialRow(facts, mine),
    ...(averaging
      ? [[`${name}, ${CONFIDENCE * 100} % interval`, range(between(mine)), range(between(theirs)), '']]
      : []),
    ...(measured ? [[`${name} required`, share(measured.requiredF1), '', '']] : []),
    compared('accuracy', accuracy(mine.confusion), theirs && accuracy(theirs.confusion)),
    [
      `accuracy, ${CONFIDENCE * 100} % interval`,
      range(wilson(right(mine.confusion), total(mine.confusion))),
      range(theirs && wilson(right(theirs.confusion), total(theirs.confusion))),
      paired && theirs
        ? range(pairedInterval(paired.onlyCandidateRight, paired.onlyBaselineRight, total(mine.confusion)), signed)
        : '',
    ],
    ['rows', String(total(mine.confusion)), theirs ? String(total(theirs.confusion)) : '–', ''],
    [
      `claimed ${plain(claimedName(facts), NAME_LENGTH)}`,
      share(candidate.manifest.claimed.f1),
      baseline ? share(baseline.manifest.claimed.f1) : '–',
      '',
    ],
    ['size of all files', megabytes(candidate.manifest), baseline ? megabytes(baseline.manifest) : '–', ''],
  ];
  const title = measured
    ? 'Measured by the gate, both models on the same rows'
    : 'Claimed by the runs, not measured yet';
  const left = measured?.leakedRows ? [leftOut(measured.leakedRows)] : [];
  return [`### ${title}`, table(rows), ...left, ...(paired ? [discordance(paired)] : [])].join('\n\n');
}

/** The F1 that a model which reads its texts has to beat. */
function trivialRow({ averaging }: ReportFacts, { labels, confusion }: Counted): string[][] {
  if (!averaging || !isSquare({ labels, confusion })) return [];
  const { name, f1 } = bestTrivial(labels, confusion, averaging);
  return [[`best trivial answer: ${plain(name, NAME_LENGTH)}`, share(f1), '', '']];
}

/** The name of the table's F1: for the gate's numbers the rules give it, for claims the counts. */
function measureOf(facts: ReportFacts): string {
  if (facts.judged?.measured && facts.averaging) return measureName(facts.averaging);
  const { labels, confusion, f1 } = countsOf(facts).mine;
  return measureNameFor(labels, confusion, f1, facts.averaging ?? undefined);
}

function claimedName({ candidate, baseline, averaging }: ReportFacts): string {
  const names = [candidate, baseline].flatMap((side) =>
    side ? [claimName(side.manifest, averaging ?? undefined)] : [],
  );
  return [...new Set(names)].join(' / ');
}

const leftOut = (rows: number): string =>
  `${rows} evaluation rows are among the candidate’s training rows: they are left out of these counts, of both models.`;

function discordance({
  onlyCandidateRight: won,
  onlyBaselineRight: lost,
}: Record<'onlyCandidateRight' | 'onlyBaselineRight', number>) {
  const p = mcnemar(lost, won).toPrecision(3);
  return `${won} rows are right only with the candidate, ${lost} only with the baseline: p = ${p} (McNemar’s exact test, one-sided).`;
}

/** Precision, recall and F1 of each label, of both models. */
export function perLabel(facts: ReportFacts): string {
  const { mine, theirs } = countsOf(facts);
  if (!isSquare(mine)) return '';
  const before = new Map(
    theirs && isSquare(theirs) ? labelMetrics(theirs.labels, theirs.confusion).map((m) => [m.label, m]) : [],
  );
  const all = labelMetrics(mine.labels, mine.confusion);
  const beside = (of: 'precision' | 'recall', m: (typeof all)[number]) => {
    const other = before.get(m.label);
    return other ? `${share(m[of])} (${share(other[of])})` : share(m[of]);
  };
  const rows = all.slice(0, MAX_LABEL_ROWS).map((m) => {
    const [, f1, baseF1, difference] = compared('', m.f1, before.get(m.label)?.f1 ?? null);
    const name = plain(m.label, LABEL_LENGTH);
    return [
      name,
      String(m.rows),
      beside('precision', m),
      beside('recall', m),
      f1 ?? '',
      baseF1 ?? '',
      difference ?? '',
    ];
  });
  const head = ['label', 'rows', 'precision', 'recall', 'F1', 'baseline’s F1', 'difference'];
  const more = all.length > rows.length ? [`and ${all.length - rows.length} more labels`] : [];
  const note = before.size > 0 ? ['In brackets: the baseline’s.'] : [];
  return ['### By label', table([head, ...rows]), [...note, ...more].join(' ')].filter(Boolean).join('\n\n');
}

/** Both models on short, medium and long texts. */
export function perSlice({ judged, averaging }: ReportFacts): string {
  const measured = judged?.measured;
  if (!measured?.slices || !averaging) return '';
  const { labels } = measured;
  const slices = measured.slices.map((slice) => ({
    ...slice,
    candidate: denseCounts(slice.candidate),
    baseline: slice.baseline && denseCounts(slice.baseline),
  }));
  if (
    !slices.every((s) => [s.candidate, s.baseline ?? s.candidate].every((confusion) => isSquare({ labels, confusion })))
  )
    return '';
  const score = (confusion: Confusion | null) => confusion && presentF1(labels, confusion, averaging);
  let from = 0;
  const rows = slices.map(({ name, upTo, rows: n, candidate, baseline }) => {
    const characters = upTo === null ? `from ${from}` : `${from} to ${upTo}`;
    from = (upTo ?? from) + 1;
    const [mine, theirs] = [score(candidate), score(baseline)];
    const numbers = mine ? compared('', toNumber(mine.f1), theirs && toNumber(theirs.f1)).slice(1) : ['–', '–', '–'];
    const present = candidate.filter((counts) => counts.some((count) => count > 0)).length;
    const ofLabels = `${present} of ${labels.length}`;
    return [name, characters, String(n), ofLabels, ...numbers, n === 0 ? '–' : share(accuracy(candidate))];
  });
  const head = [
    'texts',
    'characters',
    'rows',
    'labels',
    plain(measureName(averaging), NAME_LENGTH),
    'baseline’s',
    'difference',
    'accuracy',
  ];
  return `### By length of text\n\n${table([head, ...rows])}`;
}

export function confusions(facts: ReportFacts): string {
  const { mine, theirs } = countsOf(facts);
  const matrix = (title: string, { labels, confusion }: typeof mine) => {
    const names = labels.map((l) => plain(l, LABEL_LENGTH));
    const rows = names.map((name, i) => [name, ...(confusion[i] ?? []).map(String)]);
    return `${title}\n\n${table([['truth \\ predicted', ...names], ...rows])}`;
  };
  const drawn = [['Candidate', mine] as const, ...(theirs ? [['Baseline', theirs] as const] : [])]
    .filter(([, side]) => side.labels.length <= MAX_MATRIX_LABELS && isSquare(side))
    .map(([title, side]) => matrix(title, side));
  return drawn.length > 0 ? details('Confusion matrices', drawn.join('\n\n')) : '';
}

const share = (x: number): string => x.toFixed(4);
const signed = (x: number): string => (x >= 0 ? '+' : '−') + Math.abs(x).toFixed(4);
const range = (of: Interval | null | undefined, print = share): string =>
  of ? `${print(of.low)} to ${print(of.high)}` : '–';
const compared = (name: string, mine: number, theirs: number | null): string[] => [
  name,
  share(mine),
  theirs === null ? '–' : share(theirs),
  theirs === null ? '–' : signed(mine - theirs),
];
const total = (counts: Confusion): number => counts.flat().reduce((a, b) => a + b, 0);
const right = (counts: Confusion): number => counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
const accuracy = (counts: Confusion): number => (total(counts) === 0 ? 0 : right(counts) / total(counts));
const megabytes = (m: Manifest): string => `${(m.files.reduce((sum, f) => sum + f.sizeBytes, 0) / 1e6).toFixed(2)} MB`;
