/**
 * The last message of V8 and WebAssembly when they get no memory: because of the heap's bound, or the system's (`ulimit
 * -v`).
 */
const HEAP = /JavaScript heap out of memory/;
const SYSTEM = /Fatal process OOM|Failed to reserve|WebAssembly[^\n]*(?:out of memory|could not allocate memory)/i;

/**
 * Which memory bound ended a process, from its last messages, or null: `heap` is Node's `--max-old-space-size`,
 * `system` is what the operating system allows.
 */
export function diedOfMemory(lastWords: string): 'heap' | 'system' | null {
  if (HEAP.test(lastWords)) return 'heap';
  return SYSTEM.test(lastWords) ? 'system' : null;
}

/**
 * Whether a native library's message is about refused memory: as an exception, which may end the process, or as an
 * answer.
 */
export const gotNoMemory = (words: string): boolean =>
  /bad_alloc|bad allocation|Failed to allocate memory/i.test(words);

/** What to do about it. */
export const MEMORY_REMEDY = {
  heap: 'give Node more heap, e.g. NODE_OPTIONS=--max-old-space-size=4096, or leave that option out',
  system: 'lift the bound on its address space (`ulimit -v unlimited`), and bound memory by a container or cgroup',
} as const;
