import type { ObjectId } from './values.ts';

/** One entry of a tree, whole path; `mode` as git shows it, e.g. `100644`. */
export type TreeEntry = {
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly oid: ObjectId;
  readonly path: string;
};

/** One changed path between two trees; `oid` and `mode` are the new ones, null where it was deleted. */
export type TreeChange = {
  readonly path: string;
  readonly status: 'A' | 'M' | 'D' | 'T';
  readonly mode: string | null;
  readonly oid: ObjectId | null;
};

/** Reads a tree object: `<mode> <name>\0<oid>`, over and over. */
export function parseTree(bytes: Buffer, oidBytes: number, folder: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [space, zero] = [bytes.indexOf(' ', at), bytes.indexOf(0, at)];
    if (space < 0 || zero < space) break;
    const mode = bytes.toString('latin1', at, space).padStart(6, '0');
    const name = bytes.toString('utf8', space + 1, zero);
    const oid = bytes.toString('hex', zero + 1, zero + 1 + oidBytes);
    const type = mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';
    entries.push({ mode, type, oid, path: folder === '' ? name : `${folder}/${name}` });
    at = zero + 1 + oidBytes;
  }
  return entries;
}

/** Reads one pair of fields of `git diff-tree -r -z`. */
export function parseChange(meta: string, path: string): TreeChange {
  const [, mode = '', , oid = '', status = ''] = meta.slice(1).split(' ');
  const deleted = status === 'D';
  return { path, status: status[0] as TreeChange['status'], mode: deleted ? null : mode, oid: deleted ? null : oid };
}
