import { join } from 'node:path';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import type { Progress } from '../pipeline/progress.ts';
import type { Bench } from './bench.ts';
import { type Load, load } from './load.autocannon.ts';
import { commitOf } from './machine.ts';
import type { BenchOptions } from './options.ts';
import type { Figure, Outcome } from './report.ts';
import { commandLine, type Served, serveTrained } from './served.ts';

const CONNECTIONS = [1, 16, 64];
/** How much slower than another checkout this one may be, before a person should look. */
const KEEP = 0.95;

const METHOD = [
  'Each server is `pawl serve` in a process of its own, with a model that it trained on the sample data, on this machine together with the generator of the load (autocannon): what takes processor time of the one takes it of the other.',
  `Every connection asks \`POST /predict\` with one text of the sample's test rows, and asks again when it has the answer, after a second of warming up. Servers in turns.`,
];
const NO_WEIGHTS =
  'No transformer was served: --weights DIR or PAWL_BENCH_WEIGHTS=DIR names a BERT or DistilBERT as a Hugging Face folder.';
const ALONE = 'Nothing to hold it against: --against DIR names another checkout of Pawl that is built.';

/** @property ours whether the checkout is this one */
type Subject = { readonly model: string; readonly ours: boolean; readonly served: Served };
type Measurement = { readonly subject: Subject; readonly connections: number; readonly rounds: Load[] };

async function run(
  { against, weights, rounds, seconds }: BenchOptions,
  folder: string,
  progress: Progress,
): Promise<Outcome> {
  const programs = [{ name: 'this', cli: commandLine() }];
  if (against) programs.push({ name: 'against', cli: commandLine(against) });
  const models: Record<string, Record<string, unknown>> = {
    linear: { trainer: 'nbsvm' },
    ...(weights && { transformer: { trainer: 'encoder-head', config: { model: weights, precision: 'int8' } } }),
  };
  const subjects: Subject[] = [];
  try {
    for (const [model, training] of Object.entries(models))
      for (const { name, cli } of programs) {
        progress.update('models trained', subjects.length, Object.keys(models).length * programs.length);
        const served = await serveTrained(cli, join(folder, `${model}-${name}`), training);
        subjects.push({ model, ours: name === 'this', served });
      }
    const measurements = await measureInTurns(
      subjects,
      await texts(folder),
      { rounds: rounds ?? 5, seconds },
      progress,
    );
    return {
      status: 'measured',
      settings: { 'seconds a measurement': seconds, ...(against && { against: commitOf(against) ?? 'no commit' }) },
      method: [...METHOD, ...(weights ? [] : [NO_WEIGHTS]), ...(against ? [] : [ALONE])],
      figures: figures(measurements),
    };
  } finally {
    progress.finish();
    await Promise.all(subjects.map(({ served }) => served.stop()));
  }
}

async function texts(folder: string): Promise<string[]> {
  const { test } = await loadDataset(DataOptions.parse({ kind: 'sample' }), { folder, cacheFolder: folder });
  return test.map(({ text }) => text);
}

async function measureInTurns(
  subjects: readonly Subject[],
  asked: readonly string[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
  progress: Progress,
): Promise<Measurement[]> {
  const all = subjects.flatMap((subject) =>
    CONNECTIONS.map((connections): Measurement => ({ subject, connections, rounds: [] })),
  );
  // The same model under the same load, one server right after the other.
  const order = all.toSorted((a, b) => a.subject.model.localeCompare(b.subject.model) || a.connections - b.connections);
  for (let round = 0; round < rounds; round++)
    for (const [i, { subject, connections, rounds: measured }] of order.entries()) {
      progress.update('measurements', round * order.length + i, rounds * order.length);
      await load(subject.served.url, asked, { connections, seconds: 1 });
      measured.push(await load(subject.served.url, asked, { connections, seconds }));
    }
  return order;
}

function figures(measurements: readonly Measurement[]): Figure[] {
  return measurements.flatMap(({ subject, connections, rounds }) => {
    const { model, ours } = subject;
    const name = `${model}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    const whose = ours ? name : `${name}, against`;
    const before = measurements.find(
      (m) => ours && !m.subject.ours && m.subject.model === model && m.connections === connections,
    );
    const ratios = before?.rounds.map((round, i) => (rounds[i]?.perSecond ?? Number.NaN) / round.perSecond);
    return [
      { name: whose, unit: 'requests/s', rounds: rounds.map(({ perSecond }) => perSecond) },
      { name: `${whose}, p50`, unit: 'ms', rounds: rounds.map(({ p50 }) => p50) },
      { name: `${whose}, p99`, unit: 'ms', rounds: rounds.map(({ p99 }) => p99) },
      ...(ratios
        ? [
            {
              name: `${name} ÷ against`,
              unit: 'ratio',
              rounds: ratios,
              target: { side: 'at least', limit: KEEP },
            } as const,
          ]
        : []),
    ];
  });
}

export const serve: Bench = {
  name: 'serve',
  summary: 'requests a second and how long they take, at 1, 16 and 64 connections, beside another checkout',
  run,
};
