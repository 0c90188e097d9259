// First, because every process that a bench starts inherits it.
import '../registry-repo/runtime/no-telemetry.ts';

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../pipeline/package-info.ts';
import { barProgress } from '../pipeline/progress-bar.ts';
import type { Bench } from './bench.ts';
import { benches } from './benches.ts';
import { describeMachine, machine } from './machine.ts';
import { type BenchOptions, FLAGS, parseOptions } from './options.ts';
import { type NamedOutcome, printed, writeReport } from './report.ts';

// Measures, prints a table and writes JSON. Timings are for people to compare; no test asserts them.

const say = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`${text}\n`);

const help = () =>
  `npm run bench -- [NAME…] [flags]\n\n${benches.map((b) => `  ${b.name.padEnd(10)} ${b.summary}`).join('\n')}\n${FLAGS}`;

/** @throws {TypeError} for a name that is no bench */
function chosen({ names }: BenchOptions): readonly Bench[] {
  const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0)
    throw new TypeError(`no bench ${unknown.join(', ')}: there are ${benches.map((b) => b.name).join(', ')}`);
  return names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name));
}

async function runOne(bench: Bench, options: BenchOptions): Promise<NamedOutcome> {
  const folder = mkdtempSync(join(options.folder, 'pawl-bench-'));
  try {
    const progress = barProgress(process.stderr, () => performance.now());
    return { name: bench.name, ...(await bench.run(options, folder, progress)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the exit code: 0 measured; 1 a bench that was named could not be run, or failed */
async function main(options: BenchOptions, wanted: readonly Bench[]): Promise<number> {
  const at = new Date();
  const here = machine(options.folder);
  say(`${describeMachine(here)}\n`);
  const outcomes: NamedOutcome[] = [];
  for (const bench of wanted) {
    const outcome = await runOne(bench, options);
    outcomes.push(outcome);
    say(printed(outcome));
  }
  const name = `${at.toISOString().replaceAll(/[:.]/g, '-')}.json`;
  const file = options.json ?? join(packageRoot, 'bench/results', name);
  writeReport(file, at, here, outcomes);
  say(`results: ${file}`);
  const failed = outcomes.some((outcome) => outcome.status === 'measured' && outcome.failed);
  const [only] = outcomes;
  if (outcomes.length === 1 && only?.status === 'measured' && !failed)
    say(`to show them in docs/benchmarks.md: cp '${file}' bench/recorded/${only.name}.json && npm run docs`);
  return failed || (options.names.length > 0 && outcomes.some(({ status }) => status === 'not run')) ? 1 : 0;
}

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  const wanted = chosen(options);
  if (options.help) say(help());
  else process.exitCode = await main(options, wanted);
} catch (error) {
  const usage = error instanceof TypeError;
  complain(usage ? `${error.message}\n\n${help()}` : String((error as Error).stack));
  process.exitCode = usage ? 2 : 3;
}
