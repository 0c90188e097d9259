import { constants } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isPlainLayout } from './git-layout.ts';
import type { ObjectId } from './values.ts';

export type Ref = { readonly ref: string; readonly oid: ObjectId };

/** Names that mean the same to git, to a file system and to Pawl. Other names are left to git. */
const PLAIN = /^refs(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/;
const ODD = /\.\.|\.(?:\/|$)|\.lock(?:\/|$)/;

/** Git itself must be asked: about a ref that names a ref, a link, a broken file, another way of storing refs. */
class AskGit extends Error {}

/**
 * The object that a ref names, read as git reads it: first its own file, then the packed refs. Git packs a ref before
 * it removes its file, and deletes a ref from the packed ones before it removes its file. So no old value is seen.
 *
 * @returns null if there is no such ref, undefined if git must be asked
 */
export async function readRef(gitDir: string, ref: string): Promise<ObjectId | null | undefined> {
  return orAskGit(async () => {
    if (!isPlain(ref) || !isPlainLayout(gitDir)) throw new AskGit();
    return (await looseRef(gitDir, ref)) ?? packed(await packedRefs(gitDir), ref);
  });
}

/**
 * The refs below a folder of names, in the order of their names.
 *
 * @param prefix ends with a slash @returns undefined if git must be asked
 */
export async function listRefs(gitDir: string, prefix: string): Promise<Ref[] | undefined> {
  return orAskGit(async () => {
    const folder = prefix.slice(0, -1);
    if (!isPlain(folder) || !isPlainLayout(gitDir)) throw new AskGit();
    const names = await looseNames(gitDir, folder);
    const loose = await Promise.all(names.map(async (ref) => [ref, await looseRef(gitDir, ref)] as const));
    const text = await packedRefs(gitDir);
    const found = new Map<string, ObjectId>();
    for (const [, oid = '', ref = ''] of text.matchAll(/^([0-9a-f]{40}) (\S+)$/gm))
      if (ref.startsWith(prefix)) found.set(ref, oid);
    for (const [ref, oid] of loose) if (oid !== null) found.set(ref, oid);
    return [...found].map(([ref, oid]) => ({ ref, oid })).sort((a, b) => (a.ref < b.ref ? -1 : 1));
  });
}

const isPlain = (ref: string): boolean => PLAIN.test(ref) && !ODD.test(ref);

async function orAskGit<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AskGit) return undefined;
    throw error;
  }
}

/** The value in a ref's own file, or null if it has none. */
async function looseRef(gitDir: string, ref: string): Promise<ObjectId | null> {
  let text: string;
  try {
    const file = await open(join(gitDir, ref), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      text = (await file.readFile()).toString('latin1');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code)) return null;
    throw new AskGit();
  }
  const [, oid] = /^([0-9a-f]{40})\n$/.exec(text) ?? [];
  if (oid === undefined || /^0+$/.test(oid)) throw new AskGit();
  return oid;
}

/** Also where a folder is left of deleted refs, or a ref stands in the place of a folder. */
const NOT_THERE = new Set<string | undefined>(['ENOENT', 'ENOTDIR', 'EISDIR']);

async function packedRefs(gitDir: string): Promise<string> {
  try {
    return await readFile(join(gitDir, 'packed-refs'), 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new AskGit();
  }
}

function packed(text: string, ref: string): ObjectId | null {
  const at = text.indexOf(` ${ref}\n`);
  if (at < 0) return null;
  const oid = text.slice(Math.max(0, at - 41), at).replace(/^\n/, '');
  if (!/^[0-9a-f]{40}$/.test(oid)) throw new AskGit();
  return oid;
}

/** Names of the files below a folder of refs; git skips locks and names that begin with a dot. */
async function looseNames(gitDir: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(gitDir, folder), { withFileTypes: true }).catch((error) => {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code)) return [];
    throw new AskGit();
  });
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name.endsWith('.lock')) continue;
    const name = `${folder}/${entry.name}`;
    if (!isPlain(name)) throw new AskGit();
    if (entry.isDirectory()) names.push(...(await looseNames(gitDir, name)));
    else if (entry.isFile()) names.push(name);
    else throw new AskGit();
  }
  return names;
}
