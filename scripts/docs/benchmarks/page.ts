import type { Recorded } from '../../../bench/recorded.ts';
import { type Marks, withBetween } from '../marks.ts';
import { provenance } from './provenance.ts';
import { type BenchTable, tables } from './tables.ts';

/**
 * docs/benchmarks.md with the tables that the recorded results give, each between its own marks. What stands outside of
 * the marks is written by hand.
 *
 * @param recorded results by the name of their bench
 * @throws {Error} if a table has no marks or no results
 */
export const benchmarksPage = (page: string, recorded: ReadonlyMap<string, Recorded>): string =>
  tables.reduce((text, table) => withBetween(text, marksOf(table), tableOf(table, recorded)), page);

export const marksOf = ({ title }: BenchTable): Marks => [
  `<!-- table of ${title}: \`npm run docs\` writes it from bench/recorded/ -->`,
  `<!-- end of ${title} -->`,
];

function tableOf({ bench, table }: BenchTable, recorded: ReadonlyMap<string, Recorded>): string {
  const results = recorded.get(bench);
  if (!results) throw new Error(`there is no bench/recorded/${bench}.json`);
  return `${table(results)}\n\n${provenance(results)}`;
}
