import type { ChildProcess } from 'node:child_process';

/**
 * Sends a signal to a process that was started `detached`, and to every process that it has started. It does nothing to
 * a process that has ended.
 */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}
