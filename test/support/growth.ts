import * as assert from 'uvu/assert';
import { workOf } from './work.ts';

/** Below this many milliseconds of processor time nothing is told from noise. */
const NOISE_MS = 30;

/**
 * Holds that twice the input is about twice the work, told by processor time: a second n of a quadratic kind costs three times
 * the first. The input is made before the work is counted.
 */
export async function assertLinear<T>(
  name: string,
  n: number,
  make: (n: number) => T,
  run: (input: T) => unknown,
): Promise<void> {
  const least = async (input: T): Promise<number> => {
    let found = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 2; i++) found = Math.min(found, await workOf(() => run(input)));
    return found;
  };
  const [once, twice] = [await least(make(n)), await least(make(2 * n))];
  assert.ok(twice <= 3 * Math.max(once, NOISE_MS), `${name}: ${once} ms for ${n}, ${twice} ms for ${2 * n}`);
}
