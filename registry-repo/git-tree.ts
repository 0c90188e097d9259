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

/** One entry as the tree object has it: the mode without leading zeros, the name by bytes (latin1). */
export type RawEntry = { readonly mode: string; readonly name: string; readonly oid: ObjectId };

/**
 * Reads a tree object: `<mode> <name>\0<oid>`, over and over.
 *
 * @returns `whole`: whether the bytes are such entries to their end; else those before the fault are told, the last maybe cut off
 */
export function readTree(bytes: Buffer, oidBytes: number): { entries: RawEntry[]; whole: boolean } {
  const entries: RawEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [space, zero] = [bytes.indexOf(' ', at), bytes.indexOf(0, at)];
    if (space < 0 || zero < space) break;
    const mode = bytes.toString('latin1', at, space);
    const name = bytes.toString('latin1', space + 1, zero);
    entries.push({ mode, name, oid: bytes.toString('hex', zero + 1, zero + 1 + oidBytes) });
    at = zero + 1 + oidBytes;
  }
  return { entries, whole: at === bytes.length };
}

/** The entries of a tree object, with whole paths and modes as git shows them. */
export const parseTree = (bytes: Buffer, oidBytes: number, folder: string): TreeEntry[] =>
  readTree(bytes, oidBytes).entries.map(({ mode: raw, name: latin1, oid }) => {
    const [mode, name] = [raw.padStart(6, '0'), Buffer.from(latin1, 'latin1').toString('utf8')];
    const type = mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';
    return { mode, type, oid, path: folder === '' ? name : `${folder}/${name}` };
  });

/** Reads one pair of fields of `git diff-tree -r -z`. */
export function parseChange(meta: string, path: string): TreeChange {
  const [, mode = '', , oid = '', status = ''] = meta.slice(1).split(' ');
  const deleted = status === 'D';
  return { path, status: status[0] as TreeChange['status'], mode: deleted ? null : mode, oid: deleted ? null : oid };
}
