import { RegistryError } from './errors.ts';
import type { Git } from './git.ts';
import { RegistryAt } from './registry.ts';
import type { Digest, ObjectId } from './values.ts';

/** Branches of candidates that wait for their merge. Their files may be in the artifact store already. */
const WAITING = ['refs/heads/', 'refs/pull/'];

/**
 * Digests of every artifact that a registry refers to: files of all versions, and evaluation rows of all times, on main
 * and on proposed branches. Other artifacts may be collected, if no event refers to them either.
 *
 * @param main its tip; if it cannot be read, that is an error, because its references are then unknown
 */
export async function referencedArtifacts(git: Git, main: ObjectId): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  await addVersions(new RegistryAt(git, main), found, { strict: true });
  for (const { oid } of await git.firstParents(main, { path: 'evaluation' }))
    await addEvaluationSets(new RegistryAt(git, oid), found);
  const waiting = await Promise.all(WAITING.map((prefix) => git.refs(prefix)));
  for (const oid of new Set(waiting.flat().map((ref) => ref.oid)))
    if ((await git.commitId(oid)) && oid !== main)
      await addVersions(new RegistryAt(git, oid), found, { strict: false });
  return found;
}

async function addVersions(at: RegistryAt, found: Set<Digest>, { strict }: { strict: boolean }): Promise<void> {
  const readable = async <T>(reading: Promise<T>): Promise<T | null> => {
    try {
      return await reading;
    } catch (error) {
      if (strict || !(error instanceof RegistryError)) throw error;
      return null;
    }
  };
  for (const { path } of await at.git.folder(at.commit, 'models')) {
    const model = path.slice('models/'.length);
    for (const version of (await readable(at.versions(model))) ?? [])
      for (const file of (await readable(at.manifest(model, version)))?.value.files ?? []) found.add(file.digest);
  }
}

async function addEvaluationSets(at: RegistryAt, found: Set<Digest>): Promise<void> {
  for (const { path } of await at.git.folder(at.commit, 'evaluation')) {
    const name = /^evaluation\/(.+)\.json$/.exec(path)?.[1];
    if (name !== undefined) found.add((await at.evaluationSet(name)).value.digest);
  }
}
