import { type RawEntry, readTree } from './git-tree.ts';
import type { ObjectId } from './values.ts';

/** The new content of the names in one folder: a blob, nothing (null), or changes further in. */
type Edits = Map<string, ObjectId | null | Edits>;

type Trees = {
  /** A tree object's bytes. */
  readonly read: (tree: ObjectId) => Promise<Buffer>;
  readonly write: (bytes: Buffer) => Promise<ObjectId>;
};

/** Names that have no special meaning in any file system or in git. */
const PLAIN = /^(?!\.+(?:\/|$)|\.git\.*(?:\/|$))[A-Za-z0-9_.-]+$/i;
const KNOWN_MODES = new Set(['40000', '100644', '100755', '120000', '160000']);
const FOLDER = '40000';

/** Trees that git itself must make, because of unusual names, modes or orders. Nothing was changed. */
export class UnusualTreeError extends Error {}

/**
 * Makes a tree from another one (null: empty), with some files set by blob id, or removed (null). A file gives way to a
 * folder of its name, and a folder to a file, as with `git update-index --replace`. Entries that are not named stay the
 * same, to the byte.
 *
 * @throws {UnusualTreeError}
 */
export async function editTree(
  trees: Trees,
  base: ObjectId | null,
  files: ReadonlyMap<string, ObjectId | null>,
): Promise<ObjectId> {
  const edits: Edits = new Map();
  for (const [path, oid] of files) addTo(edits, path.split('/'), oid);
  return trees.write(printTree(await edited(trees, base, edits)));
}

function addTo(edits: Edits, [name = '', ...rest]: readonly string[], oid: ObjectId | null): void {
  const known = edits.get(name);
  const folder = known instanceof Map ? known : new Map();
  if (!PLAIN.test(name) || (known !== undefined && (rest.length === 0 || known !== folder)))
    throw new UnusualTreeError();
  edits.set(name, rest.length === 0 ? oid : folder);
  if (rest.length > 0) addTo(folder, rest, oid);
}

async function edited(trees: Trees, base: ObjectId | null, edits: Edits): Promise<RawEntry[]> {
  const entries = new Map<string, RawEntry>();
  const before = base === null ? [] : entriesOf(await trees.read(base), base.length / 2);
  for (const entry of before) entries.set(entry.name, entry);
  if (entries.size !== before.length || before.some((e) => !KNOWN_MODES.has(e.mode))) throw new UnusualTreeError();
  for (const [name, edit] of edits) {
    const known = entries.get(name);
    if (typeof edit === 'string') entries.set(name, { mode: '100644', name, oid: edit });
    else if (edit === null) {
      if (known?.mode !== FOLDER) entries.delete(name);
    } else if (known?.mode === FOLDER || sets(edit)) {
      const inside = await edited(trees, known?.mode === FOLDER ? known.oid : null, edit);
      if (inside.length === 0) entries.delete(name);
      else entries.set(name, { mode: FOLDER, name, oid: await trees.write(printTree(inside)) });
    }
  }
  return [...entries.values()];
}

/** Whether the changes add anything, and do not only remove. */
const sets = (edits: Edits): boolean =>
  [...edits.values()].some((edit) => (edit instanceof Map ? sets(edit) : edit !== null));

function entriesOf(bytes: Buffer, oidBytes: number): RawEntry[] {
  const { entries, whole } = readTree(bytes, oidBytes);
  if (!whole) throw new UnusualTreeError();
  return entries;
}

/** Git orders names by bytes, a folder's as if it ended with a slash. */
function printTree(entries: readonly RawEntry[]): Buffer {
  const key = ({ mode, name }: RawEntry) => (mode === FOLDER ? `${name}/` : name);
  const sorted = [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return Buffer.concat(
    sorted.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(oid, 'hex')]),
  );
}
