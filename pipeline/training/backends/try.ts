import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { BACKENDS, type BackendName } from './backend.ts';
import { program } from './program.ts';

const Answer = z.discriminatedUnion('usable', [
  z.object({ usable: z.literal(true), version: z.string(), gpu: z.boolean(), gflops: z.number() }),
  z.object({ usable: z.literal(false), absent: z.boolean(), why: z.string() }),
]);

/** The result of trying a backend on this machine. */
export type Trial = z.infer<typeof Answer> & { readonly name: BackendName };

const CHILD = fileURLToPath(new URL('./probe.child.js', import.meta.url));

/** Tries it in another process. Never throws: a crash is a result, too. */
export async function tryBackend(name: BackendName, threads: number): Promise<Trial> {
  try {
    const printed = await program(process.execPath, [CHILD, name, String(threads)], {
      missing: 'this process runs on it',
      doing: `trying ${name}`,
      timeoutMs: 120_000,
    });
    return { name, ...Answer.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? '')) };
  } catch (error) {
    return { name, usable: false, absent: false, why: (error as Error).message };
  }
}

/** One after another, because they would slow each other down. */
export async function tryBackends(threads: number): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const name of BACKENDS) trials.push(await tryBackend(name, threads));
  return trials;
}
