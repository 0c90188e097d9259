import { plainPath } from '../errors.ts';
import type { SourceRow } from './source.ts';

type Place = { readonly path: string | null; readonly train: string | null; readonly test: string | null };

/** The files to read, in order, and the split that each holds. */
export function filesOf({ path, train, test }: Place): { file: string; split: SourceRow['split'] }[] {
  if (path !== null) return [{ file: path, split: null }];
  return [
    ...(train === null ? [] : [{ file: train, split: 'train' as const }]),
    ...(test === null ? [] : [{ file: test, split: 'test' as const }]),
  ];
}

export function locationOf(place: Place): string {
  const location = filesOf(place)
    .map(({ file }) => plainPath(file))
    .join(', ');
  return location.length > 1000 ? `…${location.slice(-999)}` : location;
}
