/**
 * Calls back once, after so many milliseconds, unless it is cancelled before. Code with a time limit gets this function
 * from its caller, so that a test can control time.
 *
 * @returns cancels the call
 */
export type Later = (ms: number, call: () => void) => () => void;

export const later: Later = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};

/** Waits for a promise that never rejects, at most so many milliseconds. */
export async function within(promise: Promise<unknown>, ms: number, wait: Later = later): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = wait(ms, resolve);
  });
  await Promise.race([promise, late]).finally(cancel);
}
