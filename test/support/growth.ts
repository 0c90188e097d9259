import * as assert from 'uvu/assert';
import { stepsOf } from './steps.ts';
import { workOf } from './work.ts';

/** Steps that are not counted: what is done once, whatever the input. */
const FEW = 20_000;

/**
 * Asserts that twice the input takes about twice the work, in counted steps: quadratic work takes four times as many.
 * The input is made before counting, and a small one is processed before, so that work which is done once is not
 * counted.
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

/** Below this many milliseconds of processor time, work cannot be told from noise. */
const NOISE_MS = 30;
const TRIES = 5;

/**
 * The same for the work of regular expressions, whose steps are not counted, so by processor time. A busy machine can
 * make one try look slow, but never makes quadratic work fast every time: one of a few tries must be linear.
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
