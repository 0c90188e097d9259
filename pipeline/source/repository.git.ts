import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { type SimpleGit, simpleGit } from 'simple-git';
import { PawlError } from '../../events/errors.ts';
import { Git } from '../../registry-repo/git.ts';
import { gitEnvironmentOfUser, SAFE_CONFIG } from '../../registry-repo/git-environment.ts';
import { requireOurs } from '../../registry-repo/git-owner.ts';
import { requireGit } from '../../registry-repo/git-version.ts';
import { withoutSecret } from '../secret-in-address.ts';
import { CommitRefusedError, type ExportLimits, exportCommit, type LeftOut } from './export-commit.ts';

/** A training repository that cannot be read, or not as asked. */
export class RepositoryError extends PawlError {
  readonly code = 'repository_unreadable';
}

const WHOLE_ID = /^[0-9a-f]{40,64}$/;

/** These settings turn programs off. The library would refuse them, because it cannot know that. */
const KNOWN = {
  allowUnsafeAskPass: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeHooksPath: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
};

/** A path as messages show it: an address that was given in its place may hold a password. */
const plainName = (path: string): string => (/:[/\\]/.test(path) ? withoutSecret(path) : path);

/** A user's repository with training code or data: read, never written. */
export class TrainingRepository {
  readonly path: string;
  /** Its name in events: its path, or the URL that the folder mirrors. */
  readonly name: string;
  readonly #refresh: (branch: string) => Promise<void>;
  readonly #git: SimpleGit;
  /** Git with the repository's settings in force, for questions about them that run nothing. */
  readonly #asUser: SimpleGit;

  /** @throws {RepositoryError} if there is no folder at the path @throws {GitUnusableError} */
  constructor(path: string, mirror: { name?: string; refresh?: (branch: string) => Promise<void> } = {}) {
    requireGit();
    this.path = resolve(path);
    this.name = mirror.name ?? this.path;
    this.#refresh = mirror.refresh ?? (async () => {});
    try {
      this.#git = safely({ baseDir: this.path, config: SAFE_CONFIG });
      this.#asUser = safely({ baseDir: this.path });
    } catch (cause) {
      throw new RepositoryError(`${plainName(this.path)} is no folder: give the path of a git repository`, { cause });
    }
  }

  /** Updates a branch, if the folder is a mirror. @throws {RepositoryError} */
  async refresh(branch: string): Promise<void> {
    requireBranchName(branch);
    await this.#refresh(branch);
  }

  /**
   * The checked-out commit and whether the working tree differs from it; null outside a repository or before its first
   * commit. Submodules count by their commits. @throws {RepositoryError} for a folder that git does not trust
   */
  async code(): Promise<{ commit: string | null; dirty: boolean }> {
    const commit = await this.#orNull(['rev-parse', '--verify', 'HEAD']);
    const tree = await this.#orNull(['rev-parse', '--is-inside-work-tree']);
    if (commit === null || tree !== 'true') return { commit: null, dirty: false };
    const status = ['status', '--porcelain', '-z', '--ignore-submodules=dirty'];
    const changed = await this.#raw([...(await this.#withoutFilters()), ...status]);
    return { commit, dirty: changed !== '' };
  }

  /**
   * A commit's bytes as git has stored them. Filter programs that would change them have names that the repository
   * chooses, so they are not run.
   */
  async #withoutFilters(): Promise<string[]> {
    const names = (await this.#raw(['config', '--list', '--includes', '--name-only', '-z'])).split('\0');
    const filters = new Set(names.flatMap((name) => /^(filter\..*)\.(?:clean|smudge|process)$/s.exec(name)?.[1] ?? []));
    return [...filters].flatMap((filter) =>
      ['clean', 'smudge', 'process'].flatMap((way) => ['-c', `${filter}.${way}=`]),
    );
  }

  /** Git's answer, or null if there is none. @throws {RepositoryError} for a folder that git does not trust */
  async #orNull(args: string[]): Promise<string | null> {
    try {
      return (await this.#git.raw(args)).trim();
    } catch (cause) {
      const said = (cause as Error).message;
      if (DISTRUSTED.test(said)) throw this.#unreadable(cause as Error);
      return null;
    }
  }

  /** The checked-out branch, its commit, and the repository's origin; null without a branch or a commit. */
  async head(): Promise<{ repository: string; branch: string; commit: string } | null> {
    const branch = await this.#orNull(['symbolic-ref', '--short', 'HEAD']);
    const commit = branch && (await this.#orNull(['rev-parse', '--verify', 'HEAD']));
    if (!branch || !commit) return null;
    const origin = (await this.#orNull(['config', '--get', 'remote.origin.url'])) ?? '';
    return { repository: withoutLogin(origin) || this.path, branch, commit };
  }

  /**
   * Commits of a branch that touch any of the paths, newest first; all commits if no paths are given.
   *
   * @param after only what came after this commit. If history was rewritten, what came after the last common commit; if
   *   nothing is common, only the tip @param limit the most to read
   * @throws {RepositoryError} also if there is no such branch
   */
  async commits(
    branch: string,
    { paths = [], after, limit = 1000 }: { paths?: readonly string[]; after?: string; limit?: number } = {},
  ): Promise<string[]> {
    requireBranchName(branch);
    await this.#requireOurs();
    const tip = `refs/heads/${branch}`;
    if (!(await this.#has(tip)))
      throw new RepositoryError(`${this.name} has no branch "${branch}": push one, or name another with --branch`);
    const known = after === undefined ? null : await this.#common(after, tip);
    const range = known === null ? tip : `${known}..${tip}`;
    const most = after !== undefined && known === null ? 1 : limit;
    const args = ['rev-list', '--first-parent', `--max-count=${most}`, range, '--', ...paths.map((p) => `:(top)${p}`)];
    return (await this.#raw(args)).split('\n').filter(Boolean);
  }

  /**
   * Writes the plain files of a commit into an empty folder, without using the repository's own index or work tree.
   *
   * @returns what is no plain file, and was left out
   * @throws {RepositoryError} if it cannot be read @throws {CommitRefusedError} if it may not be trained on
   */
  async export(commit: string, folder: string, limits: ExportLimits): Promise<LeftOut> {
    if (!WHOLE_ID.test(commit)) throw new RepositoryError(`"${commit}" is no whole commit id`);
    await mkdir(folder, { recursive: true });
    const gitDir = await this.#requireOurs();
    try {
      return await exportCommit(new Git(gitDir), commit, folder, limits);
    } catch (cause) {
      if (cause instanceof CommitRefusedError) throw cause;
      throw new RepositoryError(`cannot read commit ${commit} of ${this.name}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Where the repository keeps its hooks, absolute. @throws {RepositoryError} */
  async hooksFolder(): Promise<string> {
    return resolve(this.path, (await this.#raw(['rev-parse', '--git-path', 'hooks'], this.#asUser)).trim());
  }

  /** Whether a folder is the repository's alone: settings of git may name one that many repositories share. */
  async holds(folder: string): Promise<boolean> {
    const common = (await this.#raw(['rev-parse', '--git-common-dir'], this.#asUser)).trim();
    const at = await realOf(folder);
    const own = await Promise.all([this.path, resolve(this.path, common)].map(realOf));
    return own.some((parent) => at.startsWith(`${parent}${sep}`));
  }

  /** @returns the repository's own folder @throws {RepositoryError} if it is another user's, or takes objects from elsewhere */
  async #requireOurs(): Promise<string> {
    const gitDir = (await this.#raw(['rev-parse', '--absolute-git-dir'])).trim();
    try {
      requireOurs(gitDir);
    } catch (cause) {
      throw this.#unreadable(cause as Error);
    }
    return gitDir;
  }

  async #has(ref: string): Promise<boolean> {
    const found = await this.#raw(['for-each-ref', '--format=%(objectname)', ref]);
    return found.trim() !== '';
  }

  /** The newest common commit, or null: history may have been rewritten, and the commit may be gone. */
  async #common(commit: string, tip: string): Promise<string | null> {
    if (!WHOLE_ID.test(commit)) return null;
    try {
      return (await this.#git.raw(['merge-base', commit, tip])).trim().split('\n')[0] || null;
    } catch {
      return null;
    }
  }

  async #raw(args: string[], git = this.#git): Promise<string> {
    try {
      return await git.raw(args);
    } catch (cause) {
      throw this.#unreadable(cause as Error);
    }
  }

  #unreadable(cause: Error): RepositoryError {
    const said = cause.message.split('\n')[0] ?? '';
    const advice = DISTRUSTED.test(said)
      ? `; if you trust its owner, run \`git config --global --add safe.directory ${this.path}\``
      : '';
    return new RepositoryError(`cannot read ${this.name}: ${said}${advice}`, { cause });
  }
}

const DISTRUSTED = /dubious ownership/;

/** Porcelain git, with the same small environment as every other git process. */
function safely(options: { readonly baseDir: string; readonly config?: readonly string[] }): SimpleGit {
  const env = gitEnvironmentOfUser(process.env);
  return simpleGit({
    baseDir: options.baseDir,
    config: [...(options.config ?? [])],
    timeout: { block: 60_000 },
    allowEnvironment: Object.keys(env),
    unsafe: KNOWN,
  }).env(env);
}

/** What no branch can be called. Source: git-check-ref-format(1). */
const NO_BRANCH = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|^[-/.]|[/.]$/u;

/** @throws {RepositoryError} for what git would not take for a branch */
function requireBranchName(branch: string): void {
  if (branch === '' || NO_BRANCH.test(branch)) throw new RepositoryError(`"${branch}" is no branch name to follow`);
}

/** Where a folder is without links; one that is not there yet would be in its parent. */
async function realOf(folder: string): Promise<string> {
  return realpath(folder).catch(async () => {
    const parent = dirname(folder);
    return parent === folder ? folder : join(await realOf(parent), basename(folder));
  });
}

/** An address without a token, because events keep it for ever and people put tokens into URLs. */
function withoutLogin(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1').replace(/^([a-z][a-z0-9+.-]*:\/\/[^?#]*)[?#].*$/i, '$1');
}
