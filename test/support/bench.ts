import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { Trained } from '../../bench/model-row.ts';
import { Recorded } from '../../bench/recorded.ts';
import { tables } from '../../scripts/docs/benchmarks/tables.ts';
import { temporaryFolder } from './paths.ts';

const entry = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

type Report = {
  readonly schema: string;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly benches: readonly {
    readonly name: string;
    readonly status: string;
    readonly reason?: string;
    readonly figures?: readonly { name: string; unit: string; rounds: number[]; median: number; met?: boolean }[];
    readonly rows?: readonly (Partial<Trained> & { name: string; reason?: string })[];
  }[];
};

/** Runs a bench as `npm run bench` does, with its results in a folder of its own. */
export function bench(...args: string[]) {
  const file = join(temporaryFolder(), 'results', 'bench.json');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PAWL_BENCH_')));
  const folder = temporaryFolder();
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args, '--json', file, '--folder', folder], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr, file, report: () => JSON.parse(readFileSync(file, 'utf8')) as Report };
}

/** Checks that its figures are finite, printed, and can be recorded for docs/benchmarks.md, and that these names are among them. */
export function assertMeasured(
  { status, stdout, stderr, report }: ReturnType<typeof bench>,
  names: readonly string[],
): void {
  assert.is(status, 0, stderr);
  const [measured] = report().benches;
  assert.is(measured?.status, 'measured');
  const figures = measured?.figures ?? [];
  for (const { name, rounds, median } of figures) {
    assert.ok(rounds.length > 0 && rounds.every((value) => Number.isFinite(value) && value >= 0), name);
    assert.ok(median >= Math.min(...rounds) && median <= Math.max(...rounds), name);
    if (!measured?.rows) assert.ok(stdout.includes(name), `${name} is printed`);
  }
  for (const name of names)
    assert.ok(
      figures.some((f) => f.name === name),
      `no figure "${name}" among ${figures.map((f) => f.name).join('; ')}`,
    );
  const shown = tables.filter(({ bench }) => bench === measured?.name);
  assert.ok(shown.length > 0, `docs/benchmarks.md has no table of ${measured?.name}`);
  for (const { title, table } of shown) {
    const [, , ...lines] = table(Recorded.parse(report())).split('\n');
    assert.ok(lines.length > 0 && lines.every((line) => /^\|.+\| \S*\d/.test(line) || line.includes('not run')), title);
  }
}

/** Reviews, so many for each label and split; one word separates the labels. */
export function reviews(each = 20): string {
  const imdb = temporaryFolder();
  for (const split of ['train', 'test'])
    for (const [label, rating, word] of [
      ['neg', 2, 'dreadful'],
      ['pos', 9, 'wonderful'],
    ] as const) {
      mkdirSync(join(imdb, split, label), { recursive: true });
      for (let i = 0; i < each; i++)
        writeFileSync(
          join(imdb, split, label, `${i}_${rating}.txt`),
          `A ${word} film, number ${i} of the ${split} set: ${word} acting.`,
        );
    }
  return imdb;
}

/** The rows of a table, by name. */
export function rowsOf({ report }: ReturnType<typeof bench>) {
  const rows = report().benches.flatMap((found) => found.rows ?? []);
  return new Map(rows.map((row) => [row.name, row]));
}
