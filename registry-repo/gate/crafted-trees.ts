import type { Git } from '../git.ts';
import type { TreeEntry } from '../git-tree.ts';
import { type Finding, failed, shown } from '../judge/finding.ts';
import type { ObjectId } from '../values.ts';

/**
 * Finds trees that git would read but never write: names that repeat, are out of order, hold a slash or have a meaning
 * in git. In such a tree two programs may find different files under one path.
 *
 * @param paths changed files; every folder above them is checked
 */
export async function findCraftedTrees(git: Git, commit: ObjectId, paths: readonly string[]): Promise<Finding[]> {
  const folders = [...new Set(paths.flatMap(foldersOf))].sort();
  const findings: Finding[] = [];
  for (const folder of folders) findings.push(...oddEntries(folder, await git.folder(commit, folder)));
  return findings;
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_, i) => parts.slice(0, i + 1).join('/'))];
}

function oddEntries(folder: string, entries: readonly TreeEntry[]): Finding[] {
  const prefix = folder === '' ? 0 : folder.length + 1;
  const findings: Finding[] = [];
  let before = Buffer.alloc(0);
  const seen = new Set<string>();
  for (const entry of entries) {
    const name = entry.path.slice(prefix);
    if (name === '' || name.includes('/') || /^\.{1,2}$|^\.git$/i.test(name))
      findings.push(failed('crafted-tree', `${shown(entry.path)} is no name that an entry of a tree can have`));
    // Git sorts folders as if their names ended in a slash.
    const key = Buffer.from(entry.type === 'tree' ? `${name}/` : name, 'utf8');
    const last = before;
    before = key;
    if (seen.has(name)) findings.push(failed('crafted-tree', `${shown(entry.path)} occurs twice in its tree`));
    else if (Buffer.compare(last, key) > 0)
      findings.push(failed('crafted-tree', `${shown(entry.path)} is out of order in its tree`));
    seen.add(name);
  }
  return findings;
}
