import { readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryFolder } from './support/runner/memory-folder.ts';
import { atOnce, inOrder, longestOf } from './support/runner/order.ts';
import { type Outcome, runFile } from './support/runner/run-file.ts';

// Runs every compiled `*.test.js` in a process of its own, a few at a time, the longest first, and prints one closing line.
// uvu exits 0 when a file registers no test; here zero tests, a crash and a failure all fail the run.
// A file may leave out all of its tests only by printing a line "SKIPPED …" with the reason.

const here = fileURLToPath(new URL('.', import.meta.url));
const slow = process.argv.includes('--slow');
const filters = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const found = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((f) => (slow ? f.endsWith('.slow.js') : f.endsWith('.test.js')))
  .filter((f) => filters.length === 0 || filters.some((wanted) => f.includes(wanted)))
  .map((f) => f.replace(/\.js$/, ''));
const files = inOrder(found);

/**
 * Seconds. A file may take long on a busy machine, but not be silent for long: it must fail, not the whole run. The run
 * has an end as well, after which what still runs is killed and what has not begun fails.
 */
const LIMITS = slow ? { silent: 1200, whole: 7200 } : { silent: 600, whole: 3600 };
const RUN_LIMIT_MS = (slow ? 8 : 4) * 3_600_000;

// What is slow proves what a disk does as well, and a folder that the caller names is used.
const inMemory = slow || process.env.TMPDIR !== undefined ? null : memoryFolder();
if (inMemory !== null) {
  process.env.TMPDIR = inMemory;
  process.on('exit', () => rmSync(inMemory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
}

const runEnds = new AbortController();
const runTimer = setTimeout(() => runEnds.abort(), RUN_LIMIT_MS);

type Report = Outcome & { readonly file: string; readonly ms: number };

const NOT_BEGUN: Outcome = { passed: 0, failed: 1, skipped: [], output: 'not begun: the whole run took too long' };

async function run(file: string): Promise<Report> {
  const started = performance.now();
  const { signal } = runEnds;
  const outcome = signal.aborted ? NOT_BEGUN : await runFile(join(here, `${file}.js`), { limits: LIMITS, signal });
  return { ...outcome, file, ms: performance.now() - started };
}

function report({ file, failed, passed, skipped, output, ms }: Report): void {
  process.stdout.write(
    `${failed ? '✘' : '✔'} ${file}  ${passed} passed${failed ? `, ${failed} failed` : ''}  ${(ms / 1000).toFixed(1)} s\n`,
  );
  if (failed) process.stdout.write(`${output.trimEnd()}\n\n`);
  else for (const line of skipped) process.stdout.write(`  ${line}\n`);
}

const queue = [...files];
const outcomes: Report[] = [];
async function worker(): Promise<void> {
  for (let file = queue.shift(); file; file = queue.shift()) {
    const outcome = await run(file);
    outcomes.push(outcome);
    report(outcome);
  }
}
await Promise.all(Array.from({ length: atOnce(availableParallelism()) }, worker));
clearTimeout(runTimer);

const sum = (pick: (o: Report) => number) => outcomes.reduce((n, o) => n + pick(o), 0);
if (files.length === 0) process.stdout.write('no test file matches\n');
const failed = sum((o) => o.failed) + (files.length === 0 ? 1 : 0);
const skipped = sum((o) => o.skipped.length);
if (files.length > 5) process.stdout.write(`the longest:\n${longestOf(outcomes).join('\n')}\n`);
if (skipped) process.stdout.write(`${skipped} skipped, each with its reason above\n`);
process.stdout.write(`${sum((o) => o.passed)} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
