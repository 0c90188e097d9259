import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

// Runs every compiled `*.test.js` in a process of its own, a few at a time, and prints one closing line.
// uvu exits 0 when a file registers no test; here zero tests, a crash and a failure all fail the run.
// A file may leave out all of its tests only by printing a line "SKIPPED …" with the reason.

const here = fileURLToPath(new URL('.', import.meta.url));
const slow = process.argv.includes('--slow');
const filters = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((f) => (slow ? f.endsWith('.slow.js') : f.endsWith('.test.js')))
  .filter((f) => filters.length === 0 || filters.some((wanted) => f.includes(wanted)))
  .sort();

/** A file that hangs must fail, not the whole run. */
const LIMIT_MS = slow ? 1_200_000 : 240_000;

type Outcome = { file: string; passed: number; failed: number; skipped: string[]; output: string; ms: number };

function runFile(file: string): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', join(here, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const timer = setTimeout(() => {
      output += `\nkilled: still running after ${LIMIT_MS / 1000} s (an open handle, a child, or an endless wait)\n`;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ file, output, ms: performance.now() - started, ...count(output, code) });
    });
  });
}

/** uvu prints "Total: n" and "Passed: n"; a non-zero exit with nothing failed is a crash, which counts as one failure. */
function count(output: string, code: number | null): { passed: number; failed: number; skipped: string[] } {
  const number = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
  const [total, passed] = [number('Total'), number('Passed')];
  const skipped = output.split('\n').filter((line) => line.startsWith('SKIPPED '));
  const empty = total === 0 && skipped.length === 0;
  const failed = Math.max(total - passed, code !== 0 || empty ? 1 : 0);
  return { passed, failed, skipped };
}

function report({ file, failed, passed, skipped, output, ms }: Outcome): void {
  const name = relative(here, join(here, file)).replace(/\.js$/, '');
  process.stdout.write(
    `${failed ? '✘' : '✔'} ${name}  ${passed} passed${failed ? `, ${failed} failed` : ''}  ${(ms / 1000).toFixed(1)} s\n`,
  );
  if (failed) process.stdout.write(`${output.trimEnd()}\n\n`);
  else for (const line of skipped) process.stdout.write(`  ${line}\n`);
}

const queue = [...files];
const outcomes: Outcome[] = [];
async function worker(): Promise<void> {
  for (let file = queue.shift(); file; file = queue.shift()) {
    const outcome = await runFile(file);
    outcomes.push(outcome);
    report(outcome);
  }
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));

const sum = (pick: (o: Outcome) => number) => outcomes.reduce((n, o) => n + pick(o), 0);
if (files.length === 0) process.stdout.write('no test file matches\n');
const failed = sum((o) => o.failed) + (files.length === 0 ? 1 : 0);
const skipped = sum((o) => o.skipped.length);
if (skipped) process.stdout.write(`${skipped} skipped, each with its reason above\n`);
process.stdout.write(`${sum((o) => o.passed)} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
