import type { EventData } from '../../events/catalogue.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Confusion } from '../../registry-repo/values.ts';
import { CONFIDENCE, f1Interval } from '../evaluation/intervals.ts';
import { block, code, details, plain, table } from './markdown.ts';

type Judged = EventData<'GateJudged'>;

/** What a pull request is about, as far as it is known when its text is written. */
export type ReportFacts = {
  readonly promotionId: string;
  readonly class: 'promotion' | 'rollback';
  readonly model: string;
  readonly candidate: { readonly version: number; readonly digest: string; readonly manifest: Manifest };
  readonly baseline: { readonly version: number; readonly digest: string; readonly manifest: Manifest } | null;
  readonly reason: string | null;
  /** How the policy makes one F1 of many; null if it has no rules for the model. */
  readonly averaging: Averaging | null;
  readonly judged: Judged | null;
};

/** Forges cut off longer bodies (GitHub: 65,536 characters). */
const MAX_BODY = 60_000;

export function pullRequestTitle({ class: kind, model, candidate, baseline }: ReportFacts): string {
  const from = baseline ? `v${baseline.version}` : 'nothing';
  return `${kind === 'promotion' ? 'promote' : 'roll back'}(${model}): ${from} → v${candidate.version}`;
}

/** The pull request's text: enough for a person to decide by. Nothing in it is ever read back by a machine. */
export function pullRequestBody(facts: ReportFacts): string {
  const sections = [
    verdictLine(facts),
    comparison(facts),
    confusions(facts),
    changes(facts),
    reproduction(facts),
    identity(facts),
  ];
  const body = sections.filter(Boolean).join('\n\n');
  return body.length <= MAX_BODY
    ? body
    : `${body.slice(0, MAX_BODY)}\n\n… cut off; \`pawl why ${facts.model}@${facts.candidate.version}\` shows the rest`;
}

function verdictLine({ judged, reason }: ReportFacts): string {
  const why = reason === null ? [] : [`Reason given: ${plain(reason, 1000)}`];
  if (!judged) return ['**Gate: not yet judged.** The numbers below are the run’s own claims.', ...why].join('\n\n');
  const word = { pass: 'passed', fail: 'failed', error: 'could not judge, so it refuses' }[judged.result];
  const reasons = judged.reasons.map((r) => `- ${code(r.code)} ${plain(r.message, 500)}`);
  return [`**Gate: ${word}.**`, reasons.join('\n'), ...why].filter(Boolean).join('\n\n');
}

function comparison({ judged, candidate, baseline, averaging }: ReportFacts): string {
  const measured = judged?.measured;
  const mine = measured?.candidate ?? candidate.manifest.claimed.confusion;
  const theirs = measured ? measured.baseline : (baseline?.manifest.claimed.confusion ?? null);
  const f1 = measured?.candidateF1 ?? candidate.manifest.claimed.f1;
  const baseF1 = measured ? measured.baselineF1 : (baseline?.manifest.claimed.f1 ?? null);
  const row = (name: string, a: number, b: number | null) => [
    name,
    a.toFixed(4),
    b === null ? '–' : b.toFixed(4),
    b === null ? '–' : signed(a - b),
  ];
  const head = [
    '',
    `candidate v${candidate.version}`,
    baseline ? `baseline v${baseline.version}` : 'no baseline',
    'difference',
  ];
  const lines = [
    head,
    row('F1', f1, baseF1),
    ...(averaging
      ? [
          [
            `F1, ${CONFIDENCE * 100} % interval`,
            interval(measured?.labels ?? candidate.manifest.labels, mine, averaging),
            baseline && theirs ? interval(measured?.labels ?? baseline.manifest.labels, theirs, averaging) : '–',
            '',
          ],
        ]
      : []),
    ...(measured ? [['F1 required', measured.requiredF1.toFixed(4), '', '']] : []),
    row('accuracy', accuracy(mine), theirs && accuracy(theirs)),
    ['rows', String(total(mine)), theirs ? String(total(theirs)) : '–', ''],
    [
      'claimed F1',
      candidate.manifest.claimed.f1.toFixed(4),
      baseline ? baseline.manifest.claimed.f1.toFixed(4) : '–',
      '',
    ],
    ['model size', megabytes(candidate.manifest), baseline ? megabytes(baseline.manifest) : '–', ''],
  ];
  return `### ${measured ? 'Measured by the gate, both models on the same rows' : 'Claimed'}\n\n${table(lines)}`;
}

function confusions({ judged, candidate, baseline }: ReportFacts): string {
  const labels = judged?.measured?.labels ?? candidate.manifest.labels;
  const mine = judged?.measured?.candidate ?? candidate.manifest.claimed.confusion;
  const theirs = judged?.measured ? judged.measured.baseline : (baseline?.manifest.claimed.confusion ?? null);
  const matrix = (title: string, counts: Confusion) =>
    `${title}\n\n${table([['truth \\ predicted', ...labels.map((l) => plain(l, 40))], ...labels.map((l, i) => [plain(l, 40), ...(counts[i] ?? []).map(String)])])}`;
  if (labels.length > 20) return '';
  return details(
    'Confusion matrices',
    [matrix('Candidate', mine), ...(theirs ? [matrix('Baseline', theirs)] : [])].join('\n\n'),
  );
}

function changes({ candidate, baseline }: ReportFacts): string {
  const before = baseline?.manifest;
  const now = candidate.manifest;
  const facts: [string, (m: Manifest) => string][] = [
    ['training data', (m) => `${m.data.source.kind} ${m.data.source.location}`],
    ['training rows', (m) => String(m.data.train.rows)],
    ['training digest', (m) => m.data.train.digest.slice(0, 23)],
    ['test digest', (m) => m.data.test.digest.slice(0, 23)],
    ['code', (m) => (m.run.code.commit ?? 'no commit') + (m.run.code.dirty ? ' + uncommitted changes' : '')],
    ['trainer', (m) => m.run.trainer],
    ['seed', (m) => String(m.run.seed)],
    ['labels', (m) => m.labels.join(', ')],
  ];
  const keys = [...new Set([...Object.keys(now.run.config), ...Object.keys(before?.run.config ?? {})])].sort();
  for (const key of keys) facts.push([`config.${key}`, (m) => JSON.stringify(m.run.config[key]) ?? '–']);
  const rows = facts.map(([name, of]) => ({ name, now: of(now), before: before ? of(before) : null }));
  const changed = rows.filter((r) => r.now !== r.before);
  if (changed.length === 0) return '### Changes\n\nNothing that is recorded differs from the baseline’s run.';
  return `### Changes\n\n${table([['', 'candidate', 'baseline'], ...changed.map((r) => [plain(r.name, 80), code(r.now, 120), r.before === null ? '–' : code(r.before, 120)])])}`;
}

function reproduction({ candidate, class: kind }: ReportFacts): string {
  if (kind === 'rollback') return '';
  const { run } = candidate.manifest;
  const lines = [
    ...(run.code.commit ? [`git checkout ${run.code.commit}`] : []),
    `pawl train --like ${run.id}     # same data, settings and seed: the same bytes`,
    `pawl why ${candidate.manifest.model}@${candidate.version}`,
  ];
  return `### Reproduce\n\n${block(lines.join('\n'), 'sh')}`;
}

function identity({ promotionId, candidate, baseline, judged }: ReportFacts): string {
  const rows = [
    ['', ''],
    ['promotion', code(promotionId)],
    ['run', code(candidate.manifest.run.id)],
    ['candidate', code(candidate.digest)],
    ['baseline', baseline ? code(baseline.digest) : 'none'],
    ['verdict', judged?.verdict ? code(judged.verdict) : 'none yet'],
    [
      'log',
      code(
        `${candidate.manifest.log.stream}@${candidate.manifest.log.revision} ${candidate.manifest.log.hash.slice(0, 16)}`,
      ),
    ],
  ];
  return details('Identity', table(rows));
}

/** A sample of rows gives an F1 with luck in it: where the one of all such rows may lie. */
function interval(labels: readonly string[], counts: Confusion, averaging: Averaging): string {
  const found = f1Interval(labels, counts, averaging);
  return found ? `${found.low.toFixed(4)} to ${found.high.toFixed(4)}` : '–';
}

const total = (counts: Confusion): number => counts.flat().reduce((a, b) => a + b, 0);
const accuracy = (counts: Confusion): number =>
  total(counts) === 0 ? 0 : counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / total(counts);
const signed = (n: number): string => (n >= 0 ? '+' : '−') + Math.abs(n).toFixed(4);
const megabytes = (m: Manifest): string => `${(m.files.reduce((sum, f) => sum + f.sizeBytes, 0) / 1e6).toFixed(2)} MB`;
