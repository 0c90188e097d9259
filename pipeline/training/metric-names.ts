/**
 * The metrics that are an F1 by the run's own measure. Their keys do not name the measure, so that runs can be compared
 * by them.
 */
const OURS = /^(?:test\/f1|validationF1|heldF1\/.+)$/;
/**
 * A trainer that measures by itself may report any metric, also under these names. For it, only the figures of test
 * rows are Pawl's.
 */
const FOREIGN_TRAINER = 'command';

/**
 * A metric's name for people: an F1 is shown with its measure, `validationF1 (macro F1)`.
 *
 * @param run its trainer, and the name of its measure; null if it measured nothing
 */
export function metricName(key: string, { trainer, measure }: { trainer: string; measure: string | null }): string {
  const known = OURS.test(key) && (trainer !== FOREIGN_TRAINER || key.startsWith('test/'));
  return known && measure !== null ? `${key} (${measure})` : key;
}
