import { FakeRegistry } from '../support/fake-registry.ts';
import { withServer } from '../support/server.ts';
import { type Kind, PURE, sockets } from './kinds.ts';
import { Draws } from './mutate.ts';

export type Counts = { taken: number; refused: number };
export type Failure = { readonly kind: string; readonly seed: number; readonly error: unknown };
export type Fuzzed = { readonly counts: Readonly<Record<string, Counts>>; readonly failures: readonly Failure[] };

/** Failures that are kept; after so many, more of them say nothing new. */
const MOST_FAILURES = 100;

/**
 * Feeds parsers and a running server inputs that are nearly right, kind after kind.
 *
 * @param seed of the first input of each kind; the next has the next, so that a failure can be had again alone
 * @param goOn asked after each round of one input a kind
 */
export async function fuzz(seed: number, goOn: (round: number) => boolean): Promise<Fuzzed> {
  const counts: Record<string, Counts> = {};
  const failures: Failure[] = [];
  const registry = new FakeRegistry();
  registry.promote(1);
  await withServer(
    async ({ server }) => {
      await server.ready();
      const kinds: Record<string, Kind> = { ...PURE, sockets: sockets(server.port) };
      for (const kind of Object.keys(kinds)) counts[kind] = { taken: 0, refused: 0 };
      for (let round = 0; goOn(round) && failures.length < MOST_FAILURES; round++)
        for (const [kind, run] of Object.entries(kinds))
          try {
            (counts[kind] as Counts)[await run(new Draws(seed + round))]++;
          } catch (error) {
            failures.push({ kind, seed: seed + round, error });
          }
      const { status } = await fetch(`${server.url}/health/ready`);
      if (status !== 200)
        failures.push({ kind: 'sockets', seed, error: new Error(`afterwards, ready says ${status}`) });
    },
    { registry, options: { headersMs: 500, bodyMs: 1000 } },
  );
  return { counts, failures };
}
