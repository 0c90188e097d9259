import { type Averaging, checkCounts, f1 } from './f1.ts';
import { toNumber } from './fraction.ts';
import { shown } from './judge/finding.ts';
import type { Manifest } from './manifest.ts';
import type { ModelPolicy } from './policy.ts';
import { denseCounts } from './stored-counts.ts';
import type { Confusion, Counts } from './values.ts';

/**
 * Decides which F1 counts: with `positive` the binary F1 of that label, else the mean over all labels, plain (macro)
 * unless the weighted one is named. Settings and `gate.json` alike use this function: no label is ever chosen by its
 * place among the others.
 */
export function averagingOf({ average, positive }: Pick<Settings, 'average' | 'positive'>): Averaging {
  if (positive !== null) return { average: 'binary', positive };
  return { average: average === 'weighted' ? 'weighted' : 'macro', positive: null };
}

type Settings = { readonly average: ModelPolicy['average'] | null; readonly positive: string | null };

/** The F1's name wherever it is shown: `macro F1`, `weighted F1`, `F1 of "fraud"`. */
export const measureName = ({ average, positive }: Averaging): string =>
  average === 'binary' ? `F1 of ${shown(positive)}` : `${average} F1`;

export const MACRO = { average: 'macro', positive: null } as const satisfies Averaging;

/** The name of an F1 whose averaging is not known. */
export const UNNAMED = 'F1 (average not told)';

/** The name of the F1 that a manifest claims. */
export const claimName = ({ labels, claimed }: Pick<Manifest, 'labels' | 'claimed'>, first?: Averaging): string =>
  measureNameFor(labels, denseCounts(claimed.confusion), claimed.f1, first);

/** The name of the F1 that a gate measured. */
export const measuredName = (
  { labels, candidate, candidateF1 }: { labels: readonly string[]; candidate: Counts; candidateF1: number },
  first?: Averaging,
): string => measureNameFor(labels, denseCounts(candidate), candidateF1, first);

/**
 * The name of a recorded F1: the measure that gives it for the counts recorded beside it. Runs and manifests keep a
 * number and its counts; the name follows from them. If several measures give it, as for a model without errors, each
 * name is true, and one is returned.
 *
 * @param first returned if it is one of several
 *
 * @returns {@link UNNAMED} where no measure gives it, or there are no counts
 */
export function measureNameFor(
  labels: readonly string[],
  confusion: Confusion,
  value: number,
  first: Averaging = MACRO,
): string {
  try {
    checkCounts(labels, confusion);
  } catch {
    return UNNAMED;
  }
  const ways: readonly Averaging[] = [
    first,
    MACRO,
    ...labels.map((positive) => ({ average: 'binary', positive }) as const),
    { average: 'weighted', positive: null },
  ];
  const found = ways.find((way) => Math.abs(toNumber(f1(labels, confusion, way)) - value) < 1e-9);
  return found ? measureName(found) : UNNAMED;
}
