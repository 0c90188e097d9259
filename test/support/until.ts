import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test waits for something that must happen, in milliseconds. It does not measure speed: if nothing happens
 * at all, it ends the test with its own message before the runner kills the file for its silence.
 */
export const PATIENCE_MS = 300_000;

/** Waits for a condition, not for a time; fails after {@link PATIENCE_MS}. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so after ${timeoutMs} ms: ${condition}`);
    await sleep(5);
  }
}
