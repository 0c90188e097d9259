import { Worker } from 'node:worker_threads';

/**
 * Makes this process end when its parent has ended, whatever a graph does.
 *
 * @param seconds after which it ends in any case; null for no such limit
 */
export function watched(seconds: number | null): void {
  const workerData = { parent: process.ppid, seconds };
  new Worker(new URL('./watchdog.js', import.meta.url), { workerData }).unref();
}
