import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { PawlError } from '../events/errors.ts';
import { MEMORY_REMEDY } from '../registry-repo/out-of-memory.ts';

/**
 * What a command does with memory: it `starts` at the least, `computes` in threads of its own, or `serves`. When it
 * serves, HTTP clients run WebAssembly, for each memory of which V8 reserves 10 GB of addresses (not of memory).
 */
export type MemoryUse = 'starts' | 'computes' | 'serves';

/** Limits of this process in bytes; infinite if there is none. */
export type MemoryLimits = { readonly heap: number; readonly addresses: number };

/**
 * The least that a command needs. V8 aborted below it: sometimes with a heap of 75 MB while the program was loaded;
 * with a heap of 75 MB (`--max-old-space-size=24`) at training on the sample data; with 2 GB of addresses at the first
 * thread, with 8 GB at the first memory of WebAssembly.
 */
const NEEDED: Readonly<Record<MemoryUse, MemoryLimits>> = {
  starts: { heap: 100e6, addresses: 0 },
  computes: { heap: 128e6, addresses: 3e9 },
  serves: { heap: 128e6, addresses: 16e9 },
};

/** The process may have less memory than the command needs; nothing was begun. */
export class MemoryLimitError extends PawlError {
  readonly code = 'memory_too_small';
}

/** @throws {MemoryLimitError} where V8 would abort half way, with an exit code of its own */
export function requireMemory(use: MemoryUse, has: MemoryLimits = limitsHere()): void {
  const needed = NEEDED[use];
  if (has.heap < needed.heap)
    throw new MemoryLimitError(
      `Node may have a heap of ${megabytes(has.heap)} MB, ${megabytes(needed.heap)} MB is the least: ${MEMORY_REMEDY.heap}`,
    );
  if (has.addresses < needed.addresses)
    throw new MemoryLimitError(
      `this process may have ${megabytes(has.addresses)} MB of addresses (ulimit -v), ${megabytes(needed.addresses)} MB is the least: ${MEMORY_REMEDY.system}`,
    );
}

const megabytes = (bytes: number): number => Math.floor(bytes / 1e6);

const limitsHere = (): MemoryLimits => ({
  heap: saidHeap() ?? getHeapStatistics().heap_size_limit,
  addresses: addressLimit(),
});

/**
 * What V8 adds for young objects if old ones have a limit: 48 MiB until Node 22, 192 MiB since. A command cannot use it
 * for old objects.
 */
const YOUNG = 48 * 2 ** 20;

function saidHeap({ NODE_OPTIONS = '' }: NodeJS.ProcessEnv = process.env, args = process.execArgv): number | null {
  const said = [...`${NODE_OPTIONS} ${args.join(' ')}`.matchAll(/--max[-_]old[-_]space[-_]size[= ](\d+)/g)].at(-1)?.[1];
  return said === undefined ? null : Number(said) * 2 ** 20 + YOUNG;
}

/** `RLIMIT_AS`, which only Linux tells. */
function addressLimit(): number {
  try {
    const soft = /^Max address space\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
