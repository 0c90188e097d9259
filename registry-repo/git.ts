import { RegistryError } from './errors.ts';
import { type CommitObject, type NewCommit, parseCommit, printCommit } from './git-commit.ts';
import { editTree, UnusualTreeError } from './git-edit-tree.ts';
import { SAFE_CONFIG } from './git-environment.ts';
import { lockAt, lockIn, refLocked, removeAbandonedLock } from './git-locks.ts';
import { writeLoose } from './git-loose.ts';
import { GitObjects } from './git-objects.ts';
import { requireOurs } from './git-owner.ts';
import { DEFAULT_MAX_BYTES, GitError, OutputTooLargeError, type RunOptions, runGit, spawnGit } from './git-process.ts';
import { listRefs, type Ref, readRef } from './git-refs.ts';
import { reaching } from './git-remote.ts';
import { requirePlainSettings } from './git-settings.ts';
import { GitTransactions } from './git-transactions.ts';
import { parseChange, parseTree, type TreeChange, type TreeEntry } from './git-tree.ts';
import { requireGit } from './git-version.ts';
import { writeBlobByGit, writeCommitByGit, writeTreeByGit, zeroLike } from './git-write.ts';
import type { ObjectId } from './values.ts';

/** Another process moved a ref first. Nothing was changed. */
export class RefMovedError extends RegistryError {
  readonly code = 'ref_moved';
}

/** A tree that git itself would not write: two entries of one name. */
export class AmbiguousPathError extends RegistryError {
  readonly code = 'ambiguous_path';
}

/** One commit; `message` as written, in UTF-8. */
export type Commit = { readonly oid: ObjectId; readonly parents: readonly ObjectId[]; readonly message: string };

/** Commands that start others, which settings of the repository may change. */
const TIDYING = ['gc', 'repack'];

/** Options of a git command. */
const verbOf = (args: readonly string[]): string | undefined =>
  args.find((arg, i) => arg !== '-c' && args[i - 1] !== '-c');

/** The size of a folder of a hundred thousand models; no commit's message is as long. */
const MAX_TREE_BYTES = 16 * 1024 * 1024;

/**
 * One bare repository, by git's plumbing only: objects are read by id and written by content, refs move by
 * compare-and-swap. There is no work tree, so nothing in a repository decides what its bytes are on disk.
 */
export class Git {
  readonly gitDir: string;
  readonly #objects: GitObjects;
  readonly #transactions: GitTransactions;

  /**
   * @param gitDir a bare repository of Pawl's, never a path that a user or a stranger named @throws {GitUnusableError}
   */
  constructor(gitDir: string) {
    requireGit();
    this.gitDir = gitDir;
    this.#objects = new GitObjects({
      start: () => spawnGit([...this.#options(), 'cat-file', '--batch-command'], {}),
      check: () => requireOurs(this.gitDir),
      fail: (exitCode, why) => new GitError(['cat-file'], exitCode, why),
    });
    this.#transactions = new GitTransactions({
      start: () => spawnGit([...this.#options(), 'update-ref', '--stdin', '-z'], {}),
      fail: (exitCode, why) => new GitError(['update-ref'], exitCode, why),
    });
  }

  /** @throws {GitFolderRefusedError} */
  #options(): string[] {
    requireOurs(this.gitDir);
    return [...SAFE_CONFIG.flatMap((c) => ['-c', c]), `--git-dir=${this.gitDir}`];
  }

  /**
   * Standard output of a git command.
   *
   * @param options `remote`: the one other repository that it may reach, an absolute path or a URL; without it, it
   *   reaches none
   * @throws {GitError} @throws {GitFolderRefusedError}
   */
  async run(args: readonly string[], { remote, ...options }: RunOptions & { remote?: string } = {}): Promise<Buffer> {
    const before = this.#options();
    if (remote !== undefined || TIDYING.includes(verbOf(args) ?? '')) requirePlainSettings(this.gitDir);
    if (remote === undefined) return runGit([...before, ...args], args, options);
    const reach = reaching(args, remote);
    const env = { ...reach.env, ...options.env };
    return runGit([...before, ...reach.args], args, { ...options, env, group: true });
  }

  async text(args: readonly string[], options?: RunOptions & { remote?: string }): Promise<string> {
    return (await this.run(args, options)).toString('utf8').trimEnd();
  }

  /** The object a ref names, or null. @param ref a full name (`refs/…`) */
  async resolve(ref: string): Promise<ObjectId | null> {
    requireOurs(this.gitDir);
    const read = await readRef(this.gitDir, ref);
    if (read !== undefined) return read;
    try {
      return await this.text(['rev-parse', '--verify', '--quiet', '--end-of-options', ref]);
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return null;
      throw error;
    }
  }

  /** Refs whose names begin with a prefix, in the order of their names. @param prefix ends with a slash, e.g. `refs/heads/` */
  async refs(prefix: string): Promise<Ref[]> {
    requireOurs(this.gitDir);
    const read = await listRefs(this.gitDir, prefix);
    if (read !== undefined) return read;
    const lines = (await this.text(['for-each-ref', '--format=%(objectname) %(refname)', prefix])).split('\n');
    return lines.filter(Boolean).map((line) => {
      const [oid = '', ref = ''] = line.split(' ');
      return { ref, oid };
    });
  }

  /** A commit's contents. @throws {GitError} if there is no such commit */
  async commit(oid: ObjectId): Promise<CommitObject> {
    const info = await this.#objects.info(oid);
    if (info?.type !== 'commit')
      throw new GitError(['cat-file'], null, `${oid} is ${info ? `a ${info.type}` : 'nothing here'}, no commit`);
    if (info.sizeBytes > MAX_TREE_BYTES)
      throw new OutputTooLargeError(['cat-file'], null, `the commit ${oid} has ${info.sizeBytes} bytes`);
    const known = parseCommit(await this.#bytes(oid));
    if (known) return known;
    const log = await this.run([
      'log',
      '-1',
      '--no-show-signature',
      '--encoding=UTF-8',
      '--format=%T%x00%P%x00%B',
      oid,
    ]);
    const [tree = '', parents = '', message = ''] = log.toString('utf8').split('\0');
    return { tree, parents: parents.split(' ').filter(Boolean), message: message.trimEnd() };
  }

  /** The same id, if it names a commit of this repository; else null. */
  async commitId(oid: ObjectId): Promise<ObjectId | null> {
    return (await this.#objects.info(oid))?.type === 'commit' ? oid : null;
  }

  /** The latest commits that both have in their history: none if they are unrelated, several after criss-cross merges. */
  async mergeBases(a: ObjectId, b: ObjectId): Promise<ObjectId[]> {
    if ((await this.commit(b)).parents.includes(a) || a === b) return [a];
    if ((await this.commit(a)).parents.includes(b)) return [b];
    try {
      return (await this.text(['merge-base', '--all', a, b])).split('\n').filter(Boolean);
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return [];
      throw error;
    }
  }

  /** Whether `ancestor` is in the history of `commit`; a commit is in its own. */
  async isAncestor(ancestor: ObjectId, commit: ObjectId): Promise<boolean> {
    if ((await this.commit(commit)).parents.includes(ancestor) || ancestor === commit) return true;
    try {
      await this.run(['merge-base', '--is-ancestor', ancestor, commit]);
      return true;
    } catch (error) {
      if (error instanceof GitError && error.exitCode === 1) return false;
      throw error;
    }
  }

  /**
   * Whether a branch's own line holds a commit: from its tip along first parents, as {@link firstParents}. A commit
   * that is only a second parent of a merge is on another line, though git would fast-forward to the merge. So is every
   * commit that is not an ancestor.
   */
  async isOnLine(commit: ObjectId, tip: ObjectId): Promise<boolean> {
    if (commit === tip) return true;
    if (!(await this.commitId(commit))) return false; // a repository that has the tip has its whole history
    const since = await this.text(['rev-list', '--first-parent', '--parents', tip, `^${commit}`, '--']);
    const [, parent] = since.split('\n').at(-1)?.split(' ') ?? [];
    return parent === commit;
  }

  /**
   * A branch's own line, newest first: from its tip along first parents, without what was merged from elsewhere.
   *
   * @param path only commits that changed this file, compared with their first parent
   * @param after only commits since this one, which is left out
   */
  async firstParents(
    tip: ObjectId,
    { path, after, max }: { path?: string; after?: ObjectId; max?: number } = {},
  ): Promise<Commit[]> {
    const options = [
      '--first-parent',
      '--no-show-signature',
      '--no-mailmap',
      '--encoding=UTF-8',
      '--format=%H%x00%P%x00%B',
    ];
    const args = ['log', '-z', ...options, ...(max === undefined ? [] : [`--max-count=${max}`]), tip];
    const range = after === undefined ? args : [...args, `^${after}`];
    const fields = (await this.run(path === undefined ? [...range, '--'] : [...range, '--', path]))
      .toString('utf8')
      .split('\0');
    const commits: Commit[] = [];
    for (let i = 0; i + 2 < fields.length; i += 3) {
      const [oid = '', parents = '', message = ''] = fields.slice(i, i + 3);
      commits.push({ oid, parents: parents.split(' ').filter(Boolean), message });
    }
    return commits;
  }

  /** A blob's size in bytes. @throws {GitError} if there is no such blob */
  async blobSize(oid: ObjectId): Promise<number> {
    const info = await this.#objects.info(oid);
    if (info?.type === 'blob') return info.sizeBytes;
    throw new GitError(['cat-file'], null, `${oid} is ${info ? `a ${info.type}` : 'nothing here'}, no blob`);
  }

  /** What kind of object it is. @throws {GitError} if it is not here */
  async typeOf(oid: ObjectId): Promise<string> {
    const info = await this.#objects.info(oid);
    if (info) return info.type;
    throw new GitError(['cat-file'], null, `${oid} is nothing here`);
  }

  /** A blob's bytes. @throws {GitError} if there is no such blob, {@link OutputTooLargeError} if it is larger than `maxBytes` */
  async blob(oid: ObjectId, maxBytes = DEFAULT_MAX_BYTES): Promise<Buffer> {
    const size = await this.blobSize(oid);
    if (size > maxBytes)
      throw new OutputTooLargeError(['cat-file'], null, `${oid} has ${size} bytes, ${maxBytes} at most`);
    return this.#bytes(oid);
  }

  /** What one folder holds, in the order of its tree object; the root is `''`. Paths are whole. Empty if there is no such folder. */
  async folder(treeish: ObjectId, path: string): Promise<TreeEntry[]> {
    if (path === '') return this.#entries(await this.#treeOf(treeish), '');
    const entry = await this.entry(treeish, path);
    return entry?.type === 'tree' ? this.#entries(entry.oid, path) : [];
  }

  /** The entry at an exact path of a commit or tree, or null. @throws {AmbiguousPathError} if a crafted tree has several */
  async entry(treeish: ObjectId, path: string): Promise<TreeEntry | null> {
    let tree = await this.#treeOf(treeish);
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const wanted = end < 0 ? path : path.slice(0, end);
      const folder = wanted.slice(0, Math.max(0, wanted.lastIndexOf('/')));
      const found = (await this.#entries(tree, folder)).filter((e) => e.path === wanted);
      if (found.length > 1) throw new AmbiguousPathError(`the tree has ${found.length} entries named ${wanted}`);
      const [entry] = found;
      if (end < 0 || !entry) return entry ?? null;
      if (entry.type !== 'tree') return null;
      tree = entry.oid;
    }
  }

  /** Missing is not the same as empty. */
  async #bytes(oid: ObjectId): Promise<Buffer> {
    const bytes = await this.#objects.bytes(oid);
    if (bytes) return bytes;
    throw new GitError(['cat-file'], null, `${oid} is missing: restore the repository from a clone or a backup`);
  }

  async #treeOf(treeish: ObjectId): Promise<ObjectId> {
    const info = await this.#objects.info(treeish);
    if (info?.type === 'tree') return treeish;
    const commit = info?.type === 'commit' ? await this.#objects.bytes(treeish) : null;
    const tree = /^tree ([0-9a-f]+)\n/.exec(commit?.toString('latin1') ?? '')?.[1];
    if (tree) return tree;
    throw new GitError(
      ['cat-file'],
      null,
      `${treeish} is ${info ? `a ${info.type}` : 'nothing here'}, no commit or tree`,
    );
  }

  async #entries(tree: ObjectId, folder: string): Promise<TreeEntry[]> {
    return parseTree(await this.#treeBytes(tree), tree.length / 2, folder);
  }

  async #treeBytes(tree: ObjectId): Promise<Buffer> {
    const size = (await this.#objects.info(tree))?.sizeBytes ?? 0;
    if (size > MAX_TREE_BYTES) throw new OutputTooLargeError(['cat-file'], null, `the tree ${tree} has ${size} bytes`);
    return this.#bytes(tree);
  }

  /** What changed from one tree to another. A rename is shown as a deletion and an addition. */
  async changes(from: ObjectId, to: ObjectId, maxBytes?: number): Promise<TreeChange[]> {
    const args = ['diff-tree', '-r', '-z', '--no-renames', '--full-index', from, to];
    const output = await this.run(args, maxBytes === undefined ? {} : { maxBytes });
    const fields = output.toString('utf8').split('\0').filter(Boolean);
    const changes: TreeChange[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2)
      changes.push(parseChange(fields[i] as string, fields[i + 1] as string));
    return changes;
  }

  async writeBlob(bytes: Uint8Array | string): Promise<ObjectId> {
    requireOurs(this.gitDir);
    const content = Buffer.from(bytes);
    return (await writeLoose(this.gitDir, 'blob', content)) ?? writeBlobByGit(this, content);
  }

  /** The tree of `base` (null: empty) with some files set (by blob id) or, where null, removed. */
  async writeTree(base: ObjectId | null, files: ReadonlyMap<string, ObjectId | null>): Promise<ObjectId> {
    requireOurs(this.gitDir);
    try {
      for (const oid of new Set(files.values()))
        if (oid !== null && (await this.#objects.info(oid))?.type !== 'blob') throw new UnusualTreeError();
      return await editTree(
        {
          read: (tree) => this.#treeBytes(tree),
          write: async (bytes) => {
            const written = await writeLoose(this.gitDir, 'tree', bytes);
            if (written === null) throw new UnusualTreeError();
            return written;
          },
        },
        base === null ? null : await this.#treeOf(base),
        files,
      );
    } catch (error) {
      if (!(error instanceof UnusualTreeError)) throw error;
      return writeTreeByGit(this, base, files);
    }
  }

  async writeCommit(commit: NewCommit): Promise<ObjectId> {
    requireOurs(this.gitDir);
    const known = await Promise.all([commit.tree, ...commit.parents].map((oid) => this.#objects.info(oid)));
    const fits = known.every((info, i) => info?.type === (i === 0 ? 'tree' : 'commit'));
    const bytes = fits ? printCommit(commit) : null;
    return (bytes && (await writeLoose(this.gitDir, 'commit', bytes))) ?? writeCommitByGit(this, commit);
  }

  /**
   * Moves refs, all or none, each only if it still has its old value (null: must not exist). A null new value deletes
   * the ref; if there is none, it only makes sure that there is none.
   *
   * @throws {RefMovedError} if one of them has not
   * @throws {RefLockedError} if another git holds one of them, or has left its lock less than a minute ago
   */
  async updateRefs(updates: readonly { ref: string; to: ObjectId | null; from: ObjectId | null }[]): Promise<void> {
    const lines = updates.map(({ ref, to, from }) => {
      if ([ref, to, from].some((word) => word?.includes('\0'))) throw new TypeError('a ref or an id holds a NUL');
      if (to !== null) return `update ${ref}\0${to}\0${from ?? zeroLike(to)}\0`;
      return from === null ? `verify ${ref}\0\0` : `delete ${ref}\0${from}\0`;
    });
    requireOurs(this.gitDir);
    const refs = updates.map(({ ref }) => ref);
    for (let again = false; ; again = true)
      try {
        return await this.#transactions.run(lines.join(''));
      } catch (cause) {
        if (!(cause instanceof GitError)) throw cause;
        const lock = lockIn(cause.stderr);
        if (lock === null) throw HAS_MOVED.test(cause.stderr) ? new RefMovedError(moved(refs), { cause }) : cause;
        if (again || !(await removeAbandonedLock(this.gitDir, lock)))
          throw refLocked(refs, lock, await lockAt(lock), cause);
      }
  }
}

/** How git says that a ref is not where the update wants it to be. */
const HAS_MOVED = /but expected|reference already exists|unable to resolve reference/;
const moved = (refs: readonly string[]): string => `another writer moved ${refs.join(' or ')} first`;
