import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { RegistryError } from './errors.ts';
import { gitEnvironmentOfUser } from './git-environment.ts';

/** The folder may hold files that another user put there for Pawl to run or read: nothing was started in it. */
export class GitFolderRefusedError extends RegistryError {
  readonly code = 'git_folder_refused';
}

const ANSWER_MS = 30_000;

/** Folders of other owners that the user's git settings trust. */
const trusted = new Set<string>();

/**
 * Checks a folder's owner. Git does so only for a folder that it has found by itself; Pawl names its folders. A folder
 * of another owner is accepted if git would accept it, which the user says by `safe.directory`. A missing folder
 * passes: git reports that itself.
 *
 * @throws {GitFolderRefusedError}
 */
export function requireOurs(gitDir: string): void {
  const folder = resolve(gitDir);
  const found = statOf(folder);
  if (found === null) return;
  requireOwnObjects(folder);
  const user = process.geteuid?.();
  if (user === undefined || found.uid === user || trusted.has(folder)) return;
  // A user who trusts a work tree has named that folder.
  const tree = basename(folder) === '.git' ? dirname(folder) : folder;
  const why = refusalOf(tree);
  if (why !== null && (tree === folder || refusalOf(folder) !== null))
    throw new GitFolderRefusedError(
      `${folder} belongs to another user (${found.uid}, this is ${user}): ${why}; if you trust it, run \`git config --global --add safe.directory ${tree}\``,
    );
  trusted.add(folder);
}

/** A linked work tree uses the objects of the main one. @throws {GitFolderRefusedError} */
function requireOwnObjects(gitDir: string): void {
  for (const folder of new Set([gitDir, commonOf(gitDir)]))
    if (existsSync(join(folder, 'objects/info/alternates')))
      throw new GitFolderRefusedError(
        `${folder} takes objects from other folders (objects/info/alternates), which are not looked at: run \`git --git-dir ${folder} repack -a -d\`, then remove that file`,
      );
}

function commonOf(gitDir: string): string {
  const file = join(gitDir, 'commondir');
  return existsSync(file) ? resolve(gitDir, readFileSync(file, 'utf8').trim()) : gitDir;
}

/** The repository that git's remote-side programs open for a path. Source: `enter_repo` in git's path.c. */
export function enteredBy(path: string): string {
  for (const suffix of ['/.git', '', '.git/.git', '.git']) {
    const place = resolve(`${path}${suffix}`);
    const found = statOf(place);
    if (found?.isFile()) return linkedBy(place);
    if (found?.isDirectory() && existsSync(join(place, 'HEAD'))) return place;
  }
  return path;
}

/** The folder that a `.git` file names. */
function linkedBy(file: string): string {
  const [, named] = /^gitdir: ([^\n]+)/.exec(readFileSync(file, 'utf8').slice(0, 10_000)) ?? [];
  return named === undefined ? file : resolve(dirname(file), named);
}

function statOf(folder: string): Stats | null {
  return statSync(folder, { throwIfNoEntry: false }) ?? null;
}

/** Git's own objection to a folder, or null. Git decides it before it reads the folder's settings. */
function refusalOf(folder: string): string | null {
  const args = ['-c', 'safe.bareRepository=all', '-C', folder, 'rev-parse', '--absolute-git-dir'];
  const env = gitEnvironmentOfUser(process.env);
  const { error, status, stderr } = spawnSync('git', args, { encoding: 'utf8', timeout: ANSWER_MS, env });
  if (status === 0) return null;
  const said = error?.message ?? stderr;
  return (
    said
      .replace(/^fatal: /, '')
      .split('\n')[0]
      ?.slice(0, 500) || `git ended with ${status}`
  );
}
