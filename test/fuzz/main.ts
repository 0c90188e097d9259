import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

// npm run fuzz -- --minutes 30 --seed 1; with --minutes 0, the one input of each kind that the seed gives

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const [minutes, seed] = [Number(values.minutes ?? 1), Number(values.seed ?? 1)];
const end = performance.now() + minutes * 60_000;
const { counts, failures } = await fuzz(seed, (round) => round === 0 || performance.now() < end);
for (const [kind, { taken, refused }] of Object.entries(counts))
  console.log(`${kind.padEnd(12)} ${taken + refused} inputs: ${taken} taken, ${refused} refused`);
for (const { kind, seed, error } of failures) console.log(`FAILURE ${kind} --seed ${seed}:`, error);
console.log(`${failures.length} failures, from seed ${seed} on`);
process.exitCode = failures.length > 0 ? 1 : 0;
