/** The metrics that are an F1 by the run's own measure. Their keys do not say which, so that runs can be compared by them. */
const OURS = /^(?:test\/f1|validationF1|heldF1\/.+)$/;
/** What measures by itself reports what it likes, under these names too: of it only the figures of test rows are ours. */
const FOREIGN_TRAINER = 'command';

/**
 * What a metric is called where people read it: beside an F1 stands which one it is, `validationF1 (macro F1)`.
 *
 * @param run its trainer, and the name of its measure; null where it measured nothing
 */
export function metricName(key: string, { trainer, measure }: { trainer: string; measure: string | null }): string {
  const known = OURS.test(key) && (trainer !== FOREIGN_TRAINER || key.startsWith('test/'));
  return known && measure !== null ? `${key} (${measure})` : key;
}
