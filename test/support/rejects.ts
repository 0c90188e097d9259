import * as assert from 'uvu/assert';

type Class<E> = abstract new (...args: never[]) => E;

/** Awaits a rejection and returns its error, which must be of the class. */
export async function rejects<E extends Error>(promise: Promise<unknown>, type: Class<E>): Promise<E> {
  const outcome = await promise.then(
    () => 'resolved' as const,
    (error: unknown) => error,
  );
  assert.is.not(outcome, 'resolved', `expected a ${type.name}, but the promise resolved`);
  if (!(outcome instanceof type)) throw outcome;
  return outcome;
}
