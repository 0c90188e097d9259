import { modelStream, runStream } from '../../../events/streams.ts';
import {
  CALIBRATION_FILE,
  HISTORY_FILE,
  type Manifest,
  manifestPath,
  PRECISION_RECALL_FILE,
  versionFolder,
} from '../../../registry-repo/manifest.ts';
import { kindOf } from '../../../registry-repo/runtime/preprocessor.ts';
import { block, code, details, plain, table } from '../../markdown.ts';
import type { ReportFacts } from './facts.ts';

// Where the numbers come from: what changed, the card, the plots, and how to examine the candidate.

const MAX_CHANGES = 40;
const MAX_CARD = 6000;

const commitOf = ({ run: { code: at } }: Manifest): string =>
  (at.commit ?? 'no commit') + (at.dirty ? ' + uncommitted changes' : '');

/** Differences from the baseline's run: data, code, settings. */
export function changes({ candidate, baseline }: ReportFacts): string {
  const before = baseline?.manifest;
  const now = candidate.manifest;
  const facts: [string, (m: Manifest) => string][] = [
    ['training data', (m) => `${m.data.source.kind} ${m.data.source.location}`],
    ['training rows', (m) => String(m.data.train.rows)],
    ['training rows by label', (m) => JSON.stringify(m.data.train.labels)],
    ['training digest', (m) => m.data.train.digest.slice(0, 23)],
    ['test rows', (m) => String(m.data.test.rows)],
    ['test digest', (m) => m.data.test.digest.slice(0, 23)],
    ['code', commitOf],
    ['trainer', (m) => m.run.trainer],
    ['seed', (m) => String(m.run.seed)],
    ['preprocessor', (m) => kindOf(m.preprocessor)],
    ['labels', (m) => m.labels.join(', ')],
  ];
  const keys = [...new Set([...Object.keys(now.run.config), ...Object.keys(before?.run.config ?? {})])].sort();
  for (const key of keys)
    facts.push([
      `config.${key}`,
      ({ run: { config } }) => (Object.hasOwn(config, key) ? JSON.stringify(config[key]) : '–'),
    ]);
  const rows = facts.map(([name, of]) => ({ name, now: of(now), before: before ? of(before) : null }));
  const changed = rows.filter((r) => r.now !== r.before);
  if (changed.length === 0) return '### Changes\n\nNothing that is recorded differs from the baseline’s run.';
  const shown = changed.slice(0, MAX_CHANGES);
  const cells = shown.map((r) => [plain(r.name, 80), code(r.now, 120), r.before === null ? '–' : code(r.before, 120)]);
  const more = changed.length > shown.length ? `\n\nand ${changed.length - shown.length} more` : '';
  return `### Changes\n\n${table([['', 'candidate', 'baseline'], ...cells])}${more}`;
}

/** The card as its author wrote it, as text: nothing in it is markup here. */
export function modelCard({ card }: ReportFacts): string {
  if (!card?.trim()) return '';
  const lines = card.slice(0, MAX_CARD).split('\n');
  const whole = card.length <= MAX_CARD;
  const text = (whole ? lines : [...lines.slice(0, Math.max(1, lines.length - 1)), '…']).join('\n').trim();
  return details('Model card', block(text, 'text'));
}

const PLOTS = [
  [PRECISION_RECALL_FILE, 'precision against recall'],
  [CALIBRATION_FILE, 'calibration'],
  [HISTORY_FILE, 'metrics of the run'],
] as const;

/** File types that a forge may show as a picture: no markup, no query, nothing that ends a link. */
const PLAIN_URL = /^https?:\/\/[A-Za-z0-9.:-]{1,300}(?:\/[A-Za-z0-9._~%+-]{1,300}){1,30}$/;

const plainUrl = (fileUrl: ReportFacts['fileUrl'], path: string): string | null => {
  const url = fileUrl?.(path) ?? null;
  return url !== null && PLAIN_URL.test(url) ? url : null;
};

/** The candidate's plots, as pictures if the forge can show them. */
export function plots({ candidate, model, fileUrl }: ReportFacts): string {
  const listed = new Set(candidate.manifest.files.map((f) => f.path));
  const found = PLOTS.filter(([file]) => listed.has(file)).map(([file, name]) => {
    const path = `${versionFolder(model, candidate.version)}/${file}`;
    return { path, name, url: plainUrl(fileUrl, path) };
  });
  if (found.length === 0) return '';
  const pictures = found.flatMap(({ name, url }) => (url ? [`![${name}](${url})`] : []));
  const files = found.flatMap(({ path, name, url }) => (url ? [] : [`- ${name}: ${code(path)}`]));
  const text = [pictures.join('\n\n'), files.join('\n')].filter(Boolean).join('\n\n');
  return `### Plots, of the run’s own test rows\n\n${text}`;
}

export function reproduction({ candidate, class: kind, model }: ReportFacts): string {
  const { run } = candidate.manifest;
  const again = [
    ...(run.code.commit ? [`git checkout ${run.code.commit}`] : []),
    `pawl train --like ${run.id}     # same data, settings and seed: the same bytes`,
  ];
  const lines = [
    ...(kind === 'rollback' ? [] : again),
    `pawl runs show ${run.id}`,
    `pawl events list --stream ${runStream(run.id)}`,
    `pawl events list --stream ${modelStream(model)}`,
    `pawl why ${model}@${candidate.version}`,
  ];
  return `### ${kind === 'rollback' ? 'Look closer' : 'Reproduce, and look closer'}\n\n${block(lines.join('\n'), 'sh')}`;
}

/** Every part by its exact name. */
export function identity({ promotionId, model, candidate, baseline, judged, trigger, fileUrl }: ReportFacts): string {
  const { run, log } = candidate.manifest;
  const manifest = plainUrl(fileUrl, manifestPath(model, candidate.version));
  const rows = [
    ['', ''],
    ['promotion', code(promotionId)],
    ['run', code(run.id)],
    ...(trigger ? [['started by', startedBy(trigger)]] : []),
    ['code', code(commitOf(candidate.manifest))],
    ['candidate', manifest ? `[${code(candidate.digest)}](${manifest})` : code(candidate.digest)],
    ['baseline', baseline ? code(baseline.digest) : 'none'],
    ['evaluation set', judged?.bound ? code(judged.bound.evaluation.set) : '–'],
    ['verdict', judged?.verdict ? code(judged.verdict) : 'none yet'],
    ['log', code(`${log.stream}@${log.revision} ${log.hash.slice(0, 16)}`)],
  ];
  return details('Identity', table(rows));
}

type Trigger = NonNullable<ReportFacts['trigger']>;

function startedBy(trigger: Trigger): string {
  if (trigger.kind === 'manual') return 'hand';
  const { repository, branch, commit } = trigger;
  const url = `${repository.replace(/\.git$/, '')}/commit/${commit}`;
  const place = PLAIN_URL.test(repository) && PLAIN_URL.test(url) ? `[${code(commit, 12)}](${url})` : code(commit, 12);
  return `push of ${place} to ${code(branch, 100)} of ${code(repository, 200)}`;
}
