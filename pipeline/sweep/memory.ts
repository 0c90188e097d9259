/** Memory of a run: what it takes now, and the most that it ever took; bytes. */
export type Usage = { readonly now: number; readonly peak: number };

type Bound = {
  /** Runs at a time. */
  readonly parallel: number;
  /** Bytes for all of them together; null for no limit. */
  readonly bytes: number | null;
  /** Most that any run took so far, ended or not; null before one has ended. */
  readonly known: number | null;
};

/**
 * Whether one more run may start. The first runs alone. Each later one is expected to take what the largest so far
 * took, and so is each running one, unless it takes more already.
 */
export function mayStart(running: readonly Usage[], { parallel, bytes, known }: Bound): boolean {
  if (running.length === 0) return true;
  if (running.length >= parallel) return false;
  if (bytes === null) return true;
  if (known === null) return false;
  const expected = running.reduce((sum, { now }) => sum + Math.max(now, known), known);
  return expected <= bytes;
}

/** Whether the runs take more than they may: then the youngest is ended. */
export const isTooMuch = (running: readonly Usage[], bytes: number | null): boolean =>
  bytes !== null && running.reduce((sum, { now }) => sum + now, 0) > bytes;
