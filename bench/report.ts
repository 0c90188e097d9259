import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { share, textTable } from '../pipeline/table.ts';
import type { Machine } from './machine.ts';
import { median } from './median.ts';

/** The target of a figure: whether it is a minimum or a maximum, and the limit itself, in the figure's unit. */
export type Target = { readonly side: 'at least' | 'at most'; readonly limit: number };

/** One figure, measured once in each round; quote the median. */
export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly rounds: readonly number[];
  readonly target?: Target;
};

/** `method` says in sentences what was timed and what was not. */
export type Measured = {
  readonly status: 'measured';
  readonly settings: Readonly<Record<string, string | number>>;
  readonly method: readonly string[];
  readonly figures: readonly Figure[];
  /** Printed in place of the figures, if they read better side by side. */
  readonly table?: string;
  /** What the table is made of. */
  readonly rows?: readonly object[];
  /** Whether a row says that it failed, in place of figures. */
  readonly failed?: boolean;
};

/** `reason` says what to give or install. */
export type NotRun = { readonly status: 'not run'; readonly reason: string };

export type Outcome = Measured | NotRun;
export type NamedOutcome = { readonly name: string } & Outcome;

/** The figures of a bench for a terminal, one line each, and how they were taken. */
export function printed(outcome: NamedOutcome): string {
  if (outcome.status === 'not run') return `${outcome.name}: not run. ${outcome.reason}\n`;
  const settings = Object.entries(outcome.settings).map(([name, value]) => `${name} ${value}`);
  const table = outcome.table ?? figureTable(outcome.figures);
  return [`${outcome.name} (${settings.join(', ')})`, table, ...outcome.method.map((line) => `· ${line}`), ''].join(
    '\n',
  );
}

function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    shown(figure, median(figure.rounds)),
    `${shown(figure, Math.min(...figure.rounds))} … ${shown(figure, Math.max(...figure.rounds))}`,
    figure.unit,
    figure.target ? `${figure.target.side} ${readable(figure.target.limit)}` : '',
    figure.target ? (isMet(figure, figure.target) ? 'met' : 'MISSED') : '',
  ]);
  return textTable(['figure', 'median', 'min … max', 'unit', 'target', ''], rows, [1, 2]);
}

/** Writes the results as JSON, whole or not at all. */
export function writeReport(file: string, at: Date, machine: Machine, outcomes: readonly NamedOutcome[]): void {
  const benches = outcomes.map((outcome) => {
    if (outcome.status === 'not run') return outcome;
    const { table: _, ...kept } = outcome;
    return { ...kept, figures: outcome.figures.map(withMedian) };
  });
  mkdirSync(dirname(file), { recursive: true });
  const text = JSON.stringify({ schema: 'pawl.bench/1', at: at.toISOString(), machine, benches }, null, 2);
  writeFileSync(`${file}.tmp`, `${text}\n`);
  renameSync(`${file}.tmp`, file);
}

const withMedian = (figure: Figure) => ({
  ...figure,
  median: median(figure.rounds),
  ...(figure.target && { met: isMet(figure, figure.target) }),
});

function isMet({ rounds }: Figure, { side, limit }: Target): boolean {
  return side === 'at least' ? median(rounds) >= limit : median(rounds) <= limit;
}

const shown = ({ unit }: Figure, value: number): string => (unit === 'share' ? share(value) : readable(value));

/** Three significant digits for small numbers, none after the point for large ones. */
function readable(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) >= 10 ? 1 : 3);
}
