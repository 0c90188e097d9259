import { code, table } from './markdown.ts';

/** Codes that share a row: what they mean, and what to do. `advice` is null where the meaning says it already. */
export type Explained = {
  readonly codes: readonly string[];
  readonly meaning: string;
  readonly advice: string | null;
};

/** A table of explained codes. */
export function explainedTable(rows: readonly Explained[]): string {
  const cells = rows.map(({ codes, meaning, advice }) => [codes.map(code).join(', '), meaning, advice]);
  const advised = rows.some(({ advice }) => advice !== null);
  return advised
    ? table(
        ['code', 'meaning', 'what to do'],
        cells.map((c) => c.map((cell) => cell ?? '')),
      )
    : table(
        ['code', 'meaning'],
        cells.map(([codes, meaning]) => [codes ?? '', meaning ?? '']),
      );
}

/** Every code of some rows, in their order. */
export const codesOf = (rows: readonly Explained[]): string[] => rows.flatMap(({ codes }) => codes);
