/**
 * Share of the highest learning rate at a step: rises linearly from 0, then falls linearly to 0 at the end.
 *
 * @param step from 0
 * @param warmup steps of rising
 * @param of steps in all
 */
export function linearSchedule(step: number, warmup: number, of: number): number {
  if (step < warmup) return step / warmup;
  return Math.max(0, (of - step) / Math.max(1, of - warmup));
}
