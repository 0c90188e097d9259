import type { EventData } from '../../events/catalogue.ts';
import { extendTree } from '../../events/checkpoint.ts';
import { decode } from '../../events/decode.ts';
import { Frontier } from '../../events/merkle.ts';
import { type EventStore, wholeStream } from '../../events/store.ts';
import { logStream } from '../../events/streams.ts';
import type { Proof } from './anchored.ts';

/** A checkpoint whose events a log does not hold: it is an older copy of the log that was signed, or another log. */
export type Lacking = { readonly proof: Proof; readonly kind: 'older' | 'other' };

/**
 * The checkpoints whose events a log does not hold, without those whose loss the log itself records. Only events after
 * the last recorded checkpoint are read.
 */
export async function lackingOf(store: EventStore, proofs: readonly Proof[]): Promise<Lacking[]> {
  if (proofs.length === 0) return [];
  const size = await store.position();
  const told = (await wholeStream(store, logStream)).map(decode);
  const known = told.flatMap((e) => (e.type === 'LogCheckpointed' ? [e.data] : []));
  const lost = new Set(told.flatMap((e) => (e.type === 'LogRestored' ? e.data.lost.map(({ path }) => path) : [])));
  const lacking: Lacking[] = [];
  for (const proof of proofs) {
    if (lost.has(proof.path) || (size >= proof.size && (await holds(store, known, proof)))) continue;
    lacking.push({ proof, kind: (await isOrigin(store, proof)) ? 'older' : 'other' });
  }
  return lacking;
}

async function holds(
  store: EventStore,
  known: readonly EventData<'LogCheckpointed'>[],
  proof: Proof,
): Promise<boolean> {
  const start = known.findLast((c) => c.size <= proof.size);
  const roots = (start?.frontier ?? []).map((root) => Buffer.from(root, 'hex'));
  const tree = await extendTree(store, new Frontier(start?.size ?? 0, roots), proof.size);
  return tree.root().equals(proof.root);
}

/** Whether a checkpoint was made of a log with this first event. */
const isOrigin = async (store: EventStore, { origin }: Pick<Proof, 'origin'>): Promise<boolean> =>
  origin === (await logOrigin(store));

/** A log's name in its checkpoints: the id of its first event, which is unique. */
export async function logOrigin(store: EventStore): Promise<string> {
  const [first] = await store.scanAll({ limit: 1 });
  return `pawl/log/${first?.id ?? 'empty'}`;
}
