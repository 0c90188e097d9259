import { BACKENDS, type BackendName } from './backend.ts';
import { openBackend } from './open.ts';
import { probe } from './probe.ts';

// Tries one backend in a process of its own, so that a crash ends only this process. Prints a line of JSON.

const [name = '', threads = '1'] = process.argv.slice(2);

try {
  if (!BACKENDS.includes(name as BackendName)) throw new Error(`no backend ${name}`);
  const backend = await openBackend(name as BackendName, { threads: Number(threads) });
  process.stdout.write(`${JSON.stringify({ usable: true, ...(await probe(backend)) })}\n`);
} catch (error) {
  const { message, absent = false } = error as Error & { absent?: boolean };
  process.stdout.write(`${JSON.stringify({ usable: false, absent, why: message })}\n`);
}
process.exit(0);
