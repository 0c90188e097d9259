import type { Run } from '../../projections/runs.ts';
import { claimedF1, claimedMeasure } from '../operations/claimed.ts';
import { findRun } from '../operations/find.ts';
import { UsageError } from '../operations/not-found.ts';
import { bytes, duration, share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { refuse } from './refuse.ts';
import { compareSweep } from './sweep-compare.ts';

export const runsCompare: Command<Workspace> = {
  json: true,
  arguments: [{ name: 'runs', description: 'two or more run ids', variadic: true, optional: true }],
  flags: [
    { flags: '--sweep <id>', description: 'all completed runs of a sweep instead' },
    { flags: '--plot <file>', description: 'of a sweep: its settings beside their results, as SVG' },
    { flags: '--scatter <setting>', description: 'with --plot: F1 against this setting instead, with intervals' },
  ],
  examples: [
    ['pawl runs compare 1v8k2m0p4qxa 1v8k2n6c2b8e', 'what differs between two runs, and their results'],
    ['pawl runs compare --sweep 3f2a90c1d4e7 --plot sweep.svg', 'the results of a sweep'],
    ['pawl runs compare --sweep 3f2a90c1d4e7 --plot cost.svg --scatter cost', 'the effect of one setting'],
  ],
  async run(invocation) {
    const { args, workspace, out } = invocation;
    const sweep = text(invocation, 'sweep');
    if (sweep !== undefined) {
      if (args.length > 0)
        throw new UsageError('give either runs, or --sweep, which compares all completed runs of a sweep');
      const [plot, scatter] = [text(invocation, 'plot'), text(invocation, 'scatter')];
      return compareSweep(workspace, out, { id: sweep, plot, scatter });
    }
    refuse(invocation, ['--plot', '--scatter'], 'only with --sweep, of which they draw the runs');
    if (args.length < 2) throw new UsageError('give two or more runs to compare: `pawl runs list` shows them');
    const views = await workspace.views();
    const compared = args.map((id) => findRun(views, id));
    const rows = comparison(compared);
    const value = {
      runs: compared.map((r) => r.id),
      differences: rows.filter((r) => r.differs),
      same: rows.filter((r) => !r.differs),
    };
    out.result(value, () => describe(compared, value));
    return 0;
  },
};

type Line = { readonly name: string; readonly values: readonly string[]; readonly differs: boolean };

function comparison(compared: readonly Run[]): Line[] {
  const columns = compared.map(describeRun);
  const names = [...new Set(columns.flatMap((c) => [...c.keys()]))];
  return names.map((name) => {
    const values = columns.map((c) => c.get(name) ?? '–');
    return { name, values, differs: new Set(values).size > 1 };
  });
}

function describeRun(run: Run): Map<string, string> {
  const f1 = claimedF1(run);
  const took = run.endedAt ? Date.parse(run.endedAt) - Date.parse(run.startedAt) : null;
  const facts: [string, string | null][] = [
    ['status', run.status],
    ['f1', f1 === null ? null : share(f1)],
    ['measure', claimedMeasure(run)],
    ['model', run.model],
    ['trainer', run.trainer],
    ['seed', String(run.seed)],
    ['code', run.code.commit],
    ['took', took === null ? null : duration(took)],
    ['candidate', run.candidate ? `${run.candidate.manifest.slice(0, 19)} (${bytes(run.candidate.sizeBytes)})` : null],
    ['training data', run.data?.splits.train.digest.slice(0, 19) ?? null],
    ['training rows', run.data ? String(run.data.splits.train.rows) : null],
    ['evaluation data', run.data?.splits.test.digest.slice(0, 19) ?? null],
    ...Object.entries(run.config).map(([key, value]): [string, string] => [`config.${key}`, JSON.stringify(value)]),
    ...Object.entries(run.metrics).map(([key, value]): [string, string] => [
      key,
      typeof value === 'number' ? String(Number(value.toPrecision(6))) : value,
    ]),
  ];
  return new Map(facts.filter((fact): fact is [string, string] => fact[1] !== null));
}

function describe(compared: readonly Run[], value: { differences: readonly Line[]; same: readonly Line[] }): string {
  const head = ['', ...compared.map((r) => r.id)];
  const right = compared.map((_, i) => i + 1);
  const table = (lines: readonly Line[]) =>
    textTable(
      head,
      lines.map((l) => [l.name, ...l.values]),
      right,
    );
  const parts = [
    value.differences.length > 0
      ? `different\n${table(value.differences)}`
      : 'the runs differ in nothing that is recorded',
  ];
  if (value.same.length > 0) parts.push(`the same\n${table(value.same)}`);
  return parts.join('\n\n');
}
