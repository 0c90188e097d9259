import type { ChildProcess } from 'node:child_process';

/** Sends a signal to a process that was started `detached`, and to whatever it has started. What has ended needs none. */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}
