import type { Run } from '../../projections/runs.ts';
import { measureNameFor } from '../../registry-repo/averaging.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';
import { leakageLines } from '../data/leak.ts';
import { claimedMeasure } from '../operations/claimed.ts';
import { findRun } from '../operations/find.ts';
import { readCandidate } from '../promotion/candidate.ts';
import { bytes, confusionTable, duration, share, textTable } from '../table.ts';
import { metricName } from '../training/metric-names.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const runsShow: Command<Workspace> = {
  json: true,
  arguments: [{ name: 'run', description: 'its id, or the beginning of it' }],
  examples: [['pawl runs show 1v8k2m0p4qxa', 'one run']],
  async run({ args: [wanted = ''], workspace, out }) {
    const run = findRun(await workspace.views(), wanted);
    const shown = { ...run, pretrained: await pretrainedOf(workspace, run) };
    out.result(shown, () => describe(shown));
    return 0;
  },
};

type Pretrained = NonNullable<Manifest['pretrained']>;
type Shown = Run & { readonly pretrained: Pretrained | null };

/** The pretrained model, as the candidate's manifest names it; null also if the manifest cannot be read any more. */
async function pretrainedOf(workspace: Workspace, { candidate }: Run): Promise<Pretrained | null> {
  if (!candidate) return null;
  const read = await readCandidate(workspace.artifacts(), candidate.manifest).catch(() => null);
  return read?.manifest.pretrained ?? null;
}

function describe(run: Shown): string {
  const sections = [facts(run), data(run), evaluations(run), metrics(run), artifacts(run)];
  return sections.filter(Boolean).join('\n\n');
}

function facts(run: Shown): string {
  const { commit, dirty } = run.code;
  const took = run.endedAt ? ` in ${duration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}` : '';
  const rows = [
    ['run', run.id],
    ['model', run.model],
    ['status', `${run.status}${took}${run.failure ? ` (${run.failure.code}: ${run.failure.message})` : ''}`],
    ['started', run.startedAt],
    ['trigger', run.trigger.kind === 'push' ? `push of ${run.trigger.commit} to ${run.trigger.branch}` : 'manual'],
    ['trainer', `${run.trainer} ${JSON.stringify(run.config)}, seed ${run.seed}`],
    ...(run.pretrained ? [['started from', startedFrom(run.pretrained)]] : []),
    ['code', commit ? `${commit}${dirty ? ' with uncommitted changes' : ''}` : 'not in a git repository'],
    [
      'machine',
      `${run.environment.host}, ${run.environment.platform} ${run.environment.arch}, ${run.environment.cpus} CPUs, Node ${run.environment.node}`,
    ],
    ['candidate', run.candidate ? `${run.candidate.manifest} (${bytes(run.candidate.sizeBytes)})` : 'none'],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`).join('\n');
}

const startedFrom = ({ location, revision, digest }: Pretrained): string =>
  `${location}${revision ? ` at ${revision}` : ''}, files ${digest}`;

function data(run: Run): string {
  if (!run.data) return '';
  const { source, splits, leakage } = run.data;
  const rows = Object.entries(splits).map(([name, split]) => [
    name,
    String(split.rows),
    named(Object.entries(split.labels)),
    String(split.duplicates),
    split.digest.slice(0, 23),
  ]);
  const leak = leakageLines(leakage)
    .map((line) => `\n${line}`)
    .join('');
  return `data: ${source.kind} ${source.location}\n${textTable(['split', 'rows', 'labels', 'duplicates', 'digest'], rows, [1, 3])}${leak}`;
}

const MOST_NAMED = 20;

function named(labels: readonly (readonly [string, number])[]): string {
  const shown = labels.slice(0, MOST_NAMED).map(([label, n]) => `${label} ${n}`);
  return [...shown, ...(labels.length > MOST_NAMED ? [`and ${labels.length - MOST_NAMED} more`] : [])].join(', ');
}

function evaluations(run: Run): string {
  return run.evaluations
    .map((e) => {
      const counts = denseCounts(e.confusion);
      const measure = measureNameFor(e.labels, counts, e.f1);
      return `evaluation on ${e.split}: ${measure} ${share(e.f1)}\n${confusionTable(e.labels, counts)}`;
    })
    .join('\n\n');
}

function metrics(run: Run): string {
  const called = { trainer: run.trainer, measure: claimedMeasure(run) };
  const rows = Object.entries(run.metrics).map(([key, value]) => [
    metricName(key, called),
    typeof value === 'number' ? String(Number(value.toPrecision(6))) : value,
  ]);
  return rows.length === 0
    ? ''
    : `metrics (last of ${run.metricPoints} points)\n${textTable(['metric', 'value'], rows, [1])}`;
}

function artifacts(run: Run): string {
  const rows = run.artifacts.map((a) => [a.role, bytes(a.sizeBytes), a.digest]);
  return rows.length === 0 ? '' : `artifacts\n${textTable(['role', 'size', 'digest'], rows, [1])}`;
}
