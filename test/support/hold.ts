import { existsSync, writeFileSync } from 'node:fs';
import { temporaryFolder } from './paths.ts';
import { until } from './until.ts';

/** A text that keeps a fake model's worker busy for as long as a test wants. */
export function createHold() {
  const folder = temporaryFolder();
  return {
    text: `hold ${folder}`,
    /** Resolves when a worker has taken it. */
    held: () => until(() => existsSync(`${folder}/held`)),
    free: () => writeFileSync(`${folder}/free`, ''),
  };
}
