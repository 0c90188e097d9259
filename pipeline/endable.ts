import { breathe } from './breathe.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs a computation that may block for longer than a second. A signal's listener is called only when the event loop
 * turns. So there is no listener during the computation, and a signal ends the process at once, like a kill. What must
 * survive is in the log, and the next reconciliation ends what was not finished.
 *
 * @param work waits for nothing
 * @throws the signal's reason, if it came before
 */
export async function endable<T>(signal: AbortSignal | undefined, work: () => T): Promise<T> {
  await breathe(signal);
  const listeners = SIGNALS.flatMap((name) => process.listeners(name).map((listener) => ({ name, listener })));
  for (const { name, listener } of listeners) process.off(name, listener);
  try {
    return work();
  } finally {
    for (const { name, listener } of listeners) process.on(name, listener);
  }
}
