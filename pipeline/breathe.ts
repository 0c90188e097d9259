/**
 * Lets signals and timers in. What computes for long without waiting for anything calls it between its steps, each well below a
 * second, so that a command ends soon after it is told to.
 *
 * @throws the signal's reason
 */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
