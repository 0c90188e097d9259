import * as z from 'zod';
import { Instant, ObjectId, RunId } from './values.ts';

/**
 * Which registry this is, made at random when the registry is: by `gate.json`, by every verdict and checkpoint for it, and by the
 * public keys of whoever trusts it. One gate key may sign for several registries, so a signature alone says only who judged, not
 * by whose rules.
 *
 * The id is no commit's. A copied history has the same root, and so would a clone that goes its own way under weaker rules; and
 * what stands on main can be copied with it. So main's word is never enough: a server, an auditor and a gate hold the id beside the
 * public key that they were given (`Key.registry`), outside of any history, and believe a verdict only if it names that id. A
 * history of another registry brings verdicts that name the other one, and no change of `gate.json` on top of it can change what
 * was signed. A gate signs only for the registry that it was given: so a development registry must have an id of its own, also if
 * it began as a clone. Whoever copies key, pin and history all together has made the same registry twice; nothing in them can tell.
 */
export const RegistryIdentity = z.strictObject({
  id: RunId,
  /** When the id was made: what was judged from then on must name it. */
  since: Instant,
  /**
   * Main's tip when the id was made, for a registry that had none at first: merges up to it may name no registry. The date alone
   * would not do, as whoever signs also writes the date. Null: the id is as old as the registry, and every verdict names it.
   */
  after: ObjectId.nullable(),
});
export type RegistryIdentity = z.infer<typeof RegistryIdentity>;

/** What names the registry it was made for; left out in what was made before registries had ids. */
export type Named = { readonly registry?: string | undefined };

/** Whether a verdict can be for a registry, by itself: it names it, or is from before the id. Where it was merged is main's to say. */
export const canBeFor = (identity: RegistryIdentity, { registry, judgedAt }: Named & { judgedAt: string }): boolean =>
  registry === undefined ? identity.after !== null && judgedAt < identity.since : registry === identity.id;
