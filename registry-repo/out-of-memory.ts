/** What V8 and WebAssembly say last when they get no memory: the heap's bound, or the system's (`ulimit -v`). */
const HEAP = /JavaScript heap out of memory/;
const SYSTEM = /Fatal process OOM|Failed to reserve|WebAssembly[^\n]*(?:out of memory|could not allocate memory)/i;

/**
 * Whose bound a process died of, as its last words tell, or null: `heap` is Node's `--max-old-space-size`, `system` what
 * the operating system lets it have.
 */
export function diedOfMemory(lastWords: string): 'heap' | 'system' | null {
  if (HEAP.test(lastWords)) return 'heap';
  return SYSTEM.test(lastWords) ? 'system' : null;
}

/** Whether a refused allocation is what a native library says of itself: as an exception, which may be its end, or as an answer. */
export const gotNoMemory = (words: string): boolean =>
  /bad_alloc|bad allocation|Failed to allocate memory/i.test(words);

/** What to do about it. */
export const MEMORY_REMEDY = {
  heap: 'give Node more heap, e.g. NODE_OPTIONS=--max-old-space-size=4096, or leave that option out',
  system: 'lift the bound on its address space (`ulimit -v unlimited`), and bound memory by a container or cgroup',
} as const;
