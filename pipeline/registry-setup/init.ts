import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PawlError } from '../../events/errors.ts';
import { Git } from '../../registry-repo/git.ts';
import type { Identity } from '../../registry-repo/git-commit.ts';
import { GitFolderRefusedError } from '../../registry-repo/git-owner.ts';
import { runGit } from '../../registry-repo/git-process.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { seedFiles } from './seed.ts';

/** The path is used by something else, or the repository there is not a registry of Pawl's. */
export class RegistryExistsError extends PawlError {
  readonly code = 'registry_exists';
}

/**
 * What pushes from outside may do: new branches, forwards only, checked objects; they cannot change main and Pawl's own
 * refs.
 */
const SETTINGS = [
  ['receive.denyNonFastForwards', 'true'],
  ['receive.denyDeletes', 'true'],
  ['receive.maxInputSize', '200m'],
  ['transfer.fsckObjects', 'true'],
  ['receive.hideRefs', 'refs/pawl'],
  ['receive.hideRefs', 'refs/pull'],
  ['core.logAllRefUpdates', 'always'],
] as const;

/** On some file systems, branch names that differ only in case are the same name. */
const UPDATE_HOOK = `#!/bin/sh
# Main moves only through the gate. Nothing but branches is taken: refs/replace/ would put other objects in the place of some.
case "$1" in
  refs/heads/[Mm][Aa][Ii][Nn] )
    echo "main is production: open a promotion with \\\`pawl promote\\\`, or change rules with \\\`pawl registry configure\\\`" >&2
    exit 1 ;;
  refs/heads/* )
    exit 0 ;;
esac
echo "only branches may be pushed here: $1 is none" >&2
exit 1
`;

/** Where a local registry has the hook that pushes from outside go through. */
export const updateHook = (gitDir: string): string => join(gitDir, 'hooks/update');

/** What is wrong with a local registry's hook, or null. A user's own hook counts if it has the required lines. */
export async function updateHookProblem(gitDir: string): Promise<'missing' | 'off' | 'open' | 'old' | null> {
  const hook = updateHook(gitDir);
  if (!existsSync(hook)) return 'missing';
  if (process.platform !== 'win32' && ((await stat(hook)).mode & 0o111) === 0) return 'off';
  const text = await readFile(hook, 'utf8');
  if (text === UPDATE_HOOK) return null;
  if (!/refs\/heads\/(?:main|\[Mm\])/.test(text)) return 'open';
  return text.includes('refs/replace/') ? null : 'old';
}

/** Only if there is none: a hook that a user put there is not replaced. */
async function writeUpdateHook(gitDir: string): Promise<void> {
  const hook = updateHook(gitDir);
  if (existsSync(hook)) return;
  await mkdir(dirname(hook), { recursive: true });
  await writeFile(hook, UPDATE_HOOK, { mode: 0o755 });
}

/**
 * Makes a bare repository whose main has one commit: the seed and the given files. It appears whole, or not at all.
 *
 * If there is one already, only a missing hook is put back.
 *
 * @param files contents by path, e.g. `gate.json`
 * @returns the commit on main, made now or found there
 * @throws {RegistryExistsError} if the path is used by something that is no registry
 */
export async function createRegistry(
  gitDir: string,
  files: ReadonlyMap<string, string | Buffer>,
  by: Identity,
  time: Date,
): Promise<{ commit: ObjectId; created: boolean }> {
  const existing = await existingMain(gitDir);
  if (existing) {
    await writeUpdateHook(gitDir);
    return { commit: existing, created: false };
  }
  const draft = `${gitDir}.${randomUUID()}`;
  try {
    await mkdir(dirname(gitDir), { recursive: true });
    const commit = await build(draft, files, by, time);
    await rename(draft, gitDir);
    return { commit, created: true };
  } catch (error) {
    const first = await existingMain(gitDir).catch(() => null);
    if (first) return { commit: first, created: false }; // another process was faster
    throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function existingMain(gitDir: string): Promise<ObjectId | null> {
  if (!existsSync(gitDir)) return null;
  const main = await mainOf(gitDir);
  if (main) return main;
  throw new RegistryExistsError(
    `${gitDir} is there, but is no registry: set registry.path to another place, or remove it`,
  );
}

/** The commit on main, or null if there is no registry. @throws {GitFolderRefusedError} @throws {GitUnusableError} */
export async function mainOf(gitDir: string): Promise<ObjectId | null> {
  const git = new Git(gitDir);
  try {
    return await git.resolve('refs/heads/main');
  } catch (error) {
    if (error instanceof GitFolderRefusedError) throw error;
    return null;
  }
}

async function build(
  folder: string,
  files: ReadonlyMap<string, string | Buffer>,
  by: Identity,
  time: Date,
): Promise<ObjectId> {
  await runGit(['init', '--quiet', '--bare', '--initial-branch=main', '--template=', folder], ['init'], {});
  const git = new Git(folder);
  for (const [key, value] of SETTINGS) await git.run(['config', '--add', key, value]);
  await writeUpdateHook(folder);
  const seed = await seedFiles({ forge: 'local', gate: 'here', action: null, owners: [] });
  const commit = await writeFirstCommit(git, new Map([...seed, ...files]), by, time);
  await git.updateRefs([{ ref: 'refs/heads/main', to: commit, from: null }]);
  return commit;
}

/** The commit that a registry starts with; no ref names it yet. */
export async function writeFirstCommit(
  git: Git,
  files: ReadonlyMap<string, string | Buffer>,
  by: Identity,
  time: Date,
): Promise<ObjectId> {
  const blobs = new Map<string, ObjectId>();
  for (const [path, content] of files) blobs.set(path, await git.writeBlob(content));
  const tree = await git.writeTree(null, blobs);
  return git.writeCommit({ tree, parents: [], message: 'Start of the registry\n', by, time });
}
