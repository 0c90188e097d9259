import * as assert from 'uvu/assert';
import { stepsOf } from './steps.ts';
import { workOf } from './work.ts';

/** Steps that are not worth telling: what is done once, whatever the input. */
const FEW = 20_000;

/**
 * Holds that twice the input is about twice the work, in counted steps: a quadratic kind takes four times as many. The input is
 * made before they are counted, and a small one is read before, so that what is made once has been.
 */
export async function assertLinear<T>(
  name: string,
  n: number,
  make: (n: number) => T | Promise<T>,
  run: (input: T) => unknown,
): Promise<void> {
  const steps = async (n: number): Promise<number> => {
    const input = await make(n);
    return stepsOf(() => run(input));
  };
  await run(await make(Math.ceil(n / 1200) * 12));
  const [once, twice] = [await steps(n), await steps(2 * n)];
  assert.ok(twice <= 2.5 * Math.max(once, FEW), `${name}: ${once} steps for ${n}, ${twice} for ${2 * n}`);
}

/** Below this many milliseconds of processor time nothing is told from noise. */
const NOISE_MS = 30;
const TRIES = 5;

/**
 * The same of what regular expressions do, which nobody counts, so by processor time. A busy machine can make any one look
 * dear, and never makes quadratic work cheap every time: of a few tries one must be linear.
 */
export async function assertLinearInTime<T>(
  name: string,
  n: number,
  make: (n: number) => T,
  run: (input: T) => unknown,
): Promise<void> {
  const [small, large] = [make(n), make(2 * n)];
  const told: string[] = [];
  for (let i = 0; i < TRIES; i++) {
    const [once, twice] = [await workOf(() => run(small)), await workOf(() => run(large))];
    if (twice <= 3 * Math.max(once, NOISE_MS)) return;
    told.push(`${once} ms for ${n}, ${twice} ms for ${2 * n}`);
  }
  assert.unreachable(`${name}: ${told.join('; ')}`);
}
