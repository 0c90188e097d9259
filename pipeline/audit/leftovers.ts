import type { Git } from '../../registry-repo/git.ts';
import type { TreeChange } from '../../registry-repo/git-tree.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import type { MainCommit } from '../../registry-repo/verify/history.ts';

/**
 * Follows what came to main without an explanation, from the first commit on, until nothing of it is left: each file is
 * as it was before, or is what a later commit with an explanation made of it.
 */
export class Leftovers {
  readonly #git: Git;
  /** Files that are as nobody has explained them, with what they were before and the commits that changed them since. */
  readonly #paths = new Map<string, { readonly before: string | null; readonly by: Set<ObjectId> }>();
  /** Rules that nobody has explained and that judged what came after them, by the commit that brought them. */
  readonly #judgedBy = new Map<ObjectId, string>();
  #any = false;

  constructor(git: Git) {
    this.#git = git;
  }

  /** Takes the next commit of main, in order. */
  async next({ commit, parent, kind }: MainCommit, explained: boolean): Promise<void> {
    if (explained && (kind === 'promotion' || kind === 'rollback')) this.#keepRules();
    if (parent === null || (explained && !this.#any)) return; // nothing is left of what never was
    this.#any = true;
    for (const change of await this.#git.changes(parent, commit))
      if (explained) this.#paths.delete(change.path);
      else await this.#taint(change, { commit, parent });
  }

  #keepRules(): void {
    for (const [path, { by }] of this.#paths)
      if (/^(?:gate\.json$|evaluation\/)/.test(path)) for (const commit of by) this.#judgedBy.set(commit, path);
  }

  async #taint(
    { path, oid, mode }: TreeChange,
    { commit, parent }: { commit: ObjectId; parent: ObjectId },
  ): Promise<void> {
    const known = this.#paths.get(path);
    const then = known ? null : await this.#git.entry(parent, path);
    const before = known ? known.before : then && `${then.mode} ${then.oid}`;
    if (before === (oid && `${mode} ${oid}`)) this.#paths.delete(path);
    else this.#paths.set(path, { before, by: new Set([...(known?.by ?? []), commit]) });
  }

  /**
   * What main still has of a commit. Files of a version that was new, and that nothing puts into production, decide
   * nothing: the gate neither promotes over them nor rolls back to them.
   *
   * @param served folders of the versions in production
   */
  of(commit: ObjectId, served: ReadonlySet<string>): string[] {
    const rules = this.#judgedBy.get(commit);
    const paths = [...this.#paths]
      .filter(([path, { before, by }]) => by.has(commit) && !(before === null && isUnserved(path, served)))
      .map(([path]) => path)
      .filter((path) => path !== 'README.md'); // a document for people: no program reads it
    return rules === undefined ? paths : [...new Set([rules, ...paths])];
  }
}

function isUnserved(path: string, served: ReadonlySet<string>): boolean {
  const [folder] = /^models\/[^/]+\/versions\/[1-9][0-9]*(?=\/)/.exec(path) ?? [];
  return folder !== undefined && !served.has(folder);
}
