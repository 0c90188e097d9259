import { breathe } from './breathe.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Computes in one go what may take longer than a second. A listener hears nothing until the event loop turns; so for so long
 * there is none, and a signal ends the process at once, as it ends one that never listened. That is no worse than being
 * killed: what must outlive it is in the log, and what is not finished is ended by the next reconcile.
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
