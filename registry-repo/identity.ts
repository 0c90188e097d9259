import * as z from 'zod';
import { Instant, ObjectId, RunId } from './values.ts';

/**
 * Which registry this is: a random id, made when the registry is made. It stands in `gate.json`, in every verdict and
 * checkpoint, and beside the public keys of everyone who trusts the registry. One gate key may sign for several
 * registries, so a signature alone tells who judged, but not by which registry's rules.
 *
 * The id is not taken from a commit. A copied history has the same root, and so has a clone that continues under weaker
 * rules; and everything on main can be copied with it. So main alone is never enough. A server, an auditor and a gate
 * hold the id beside the public key that they were given (`Key.registry`), outside of any history. They accept a
 * verdict only if it names that id. The history of another registry brings verdicts that name the other registry, and
 * no change of `gate.json` on top of it can change what was signed. A gate signs only for the registry that it was
 * given. So a development registry must have an id of its own, also if it began as a clone. A person who copies key,
 * pin and history together has made the same registry twice; nothing in the copies can tell them apart.
 */
export const RegistryIdentity = z.strictObject({
  id: RunId,
  /** When the id was made: verdicts from then on must name it. */
  since: Instant,
  /**
   * Main's tip when the id was made, for a registry that had no id at first: verdicts of merges up to it need not name
   * a registry. The date alone would not do, because the signer also writes the date. Null: the id is as old as the
   * registry, and every verdict names it.
   */
  after: ObjectId.nullable(),
});
export type RegistryIdentity = z.infer<typeof RegistryIdentity>;

/**
 * Something that names the registry it was made for; the name is left out in what was made before registries had ids.
 */
export type Named = { readonly registry?: string | undefined };

/**
 * Whether a verdict can be for a registry, by its own content: it names the registry, or is from before the id. Only
 * main tells where it was merged.
 */
export const canBeFor = (identity: RegistryIdentity, { registry, judgedAt }: Named & { judgedAt: string }): boolean =>
  registry === undefined ? identity.after !== null && judgedAt < identity.since : registry === identity.id;
