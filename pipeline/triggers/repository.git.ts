import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type SimpleGit, simpleGit } from 'simple-git';
import { PawlError } from '../../events/errors.ts';
import { runGit } from '../../registry-repo/git-process.ts';
import { requireGit } from '../../registry-repo/git-version.ts';

/** A training repository that cannot be read, or not as asked. */
export class RepositoryError extends PawlError {
  readonly code = 'repository_unreadable';
}

const WHOLE_ID = /^[0-9a-f]{40,64}$/;

/** Somebody's repository with training code or data: read, never written. */
export class TrainingRepository {
  readonly path: string;
  /** As events name it: its path, or the URL that the folder mirrors. */
  readonly name: string;
  readonly #refresh: (branch: string) => Promise<void>;
  readonly #git: SimpleGit;

  /** @throws {RepositoryError} if there is no folder at the path @throws {GitUnusableError} */
  constructor(path: string, mirror: { name?: string; refresh?: (branch: string) => Promise<void> } = {}) {
    requireGit();
    this.path = resolve(path);
    this.name = mirror.name ?? this.path;
    this.#refresh = mirror.refresh ?? (async () => {});
    try {
      this.#git = simpleGit({ baseDir: this.path, timeout: { block: 60_000 } });
    } catch (cause) {
      throw new RepositoryError(`${this.path} is no folder: give the path of a git repository`, { cause });
    }
  }

  /** Brings a branch up to date, where the folder is a mirror. @throws {RepositoryError} */
  async refresh(branch: string): Promise<void> {
    requireBranchName(branch);
    await this.#refresh(branch);
  }

  /** The checked-out commit and whether the tree differs from it; null outside a repository or before its first commit. */
  async code(): Promise<{ commit: string | null; dirty: boolean }> {
    try {
      const commit = (await this.#git.revparse(['--verify', 'HEAD'])).trim();
      return { commit, dirty: !(await this.#git.status()).isClean() };
    } catch {
      return { commit: null, dirty: false };
    }
  }

  /** The checked-out branch, its commit, and where the repository comes from; null without a branch or a commit. */
  async head(): Promise<{ repository: string; branch: string; commit: string } | null> {
    try {
      const branch = (await this.#git.raw(['symbolic-ref', '--short', 'HEAD'])).trim();
      const commit = (await this.#git.revparse(['--verify', 'HEAD'])).trim();
      const origin = await this.#git.raw(['config', '--get', 'remote.origin.url']).catch(() => '');
      return { repository: withoutLogin(origin.trim()) || this.path, branch, commit };
    } catch {
      return null;
    }
  }

  /**
   * Commits of a branch that touch any of the paths, newest first; all paths if none are given.
   *
   * @param after only what came after this commit; where history was rewritten, after what both have in common, and of a
   * history that is wholly new the tip alone @param limit the most to look at
   * @throws {RepositoryError} also if there is no such branch
   */
  async commits(
    branch: string,
    { paths = [], after, limit = 1000 }: { paths?: readonly string[]; after?: string; limit?: number } = {},
  ): Promise<string[]> {
    requireBranchName(branch);
    const tip = `refs/heads/${branch}`;
    if (!(await this.#has(tip)))
      throw new RepositoryError(`${this.name} has no branch "${branch}": push one, or name another with --branch`);
    const known = after === undefined ? null : await this.#common(after, tip);
    const range = known === null ? tip : `${known}..${tip}`;
    const most = after !== undefined && known === null ? 1 : limit;
    const args = ['rev-list', '--first-parent', `--max-count=${most}`, range, '--', ...paths.map((p) => `:(top)${p}`)];
    return (await this.#raw(args)).split('\n').filter(Boolean);
  }

  /** Writes the files of a commit into an empty folder, without touching the repository's own index or work tree. */
  async export(commit: string, folder: string): Promise<void> {
    if (!WHOLE_ID.test(commit)) throw new RepositoryError(`"${commit}" is no whole commit id`);
    await mkdir(folder, { recursive: true });
    const index = join(folder, `.index-${randomUUID()}`);
    const gitDir = (await this.#raw(['rev-parse', '--absolute-git-dir'])).trim();
    const options = { env: { GIT_INDEX_FILE: index } };
    try {
      await runGit([`--git-dir=${gitDir}`, 'read-tree', commit], ['read-tree'], options);
      const checkout = ['checkout-index', '--all', '--force'];
      await runGit([`--git-dir=${gitDir}`, `--work-tree=${folder}`, ...checkout], checkout, options);
    } catch (cause) {
      throw new RepositoryError(`cannot read commit ${commit} of ${this.name}: ${(cause as Error).message}`, { cause });
    } finally {
      await rm(index, { force: true });
    }
  }

  /** Where the repository keeps its hooks, absolute. @throws {RepositoryError} */
  async hooksFolder(): Promise<string> {
    return resolve(this.path, (await this.#raw(['rev-parse', '--git-path', 'hooks'])).trim());
  }

  async #has(ref: string): Promise<boolean> {
    const found = await this.#raw(['for-each-ref', '--format=%(objectname)', ref]);
    return found.trim() !== '';
  }

  /** The newest commit that both have, or null: history may have been rewritten, and the commit may be gone. */
  async #common(commit: string, tip: string): Promise<string | null> {
    if (!WHOLE_ID.test(commit)) return null;
    try {
      return (await this.#git.raw(['merge-base', commit, tip])).trim().split('\n')[0] || null;
    } catch {
      return null;
    }
  }

  async #raw(args: string[]): Promise<string> {
    try {
      return await this.#git.raw(args);
    } catch (cause) {
      throw new RepositoryError(`cannot read ${this.name}: ${(cause as Error).message.split('\n')[0]}`, { cause });
    }
  }
}

/** @throws {RepositoryError} for what git could take for something else */
function requireBranchName(branch: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(branch))
    throw new RepositoryError(`"${branch}" is no branch name to follow`);
}

/** An address as it may be recorded for good: people put tokens into URLs. */
function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1').replace(/^([a-z][a-z0-9+.-]*:\/\/[^?#]*)[?#].*$/i, '$1');
}
