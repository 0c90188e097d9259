/**
 * Lets signals and timers run. Long computations that wait for nothing call it between their steps, each well below a
 * second, so that a command ends soon after a signal.
 *
 * @throws the signal's reason
 */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
