import { isUtf8 } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, deflate } from 'node:zlib';
import { isPlainLayout } from './git-layout.ts';
import type { ObjectId } from './values.ts';

const deflated = promisify(deflate);

/** Larger ones are left to git, which reads them as a stream. */
const MAX_BYTES = 1024 * 1024;

/**
 * Writes an object as git does: a file of its own, synced before it gets its name, so that a reader who finds the name
 * finds the whole file, also after a crash. An object that exists is written again, which keeps it from being
 * collected, as git's touch does.
 *
 * Git refuses bytes that look like an attack on SHA-1, which the hash alone does not show. Such an attack needs freely
 * chosen bytes in its middle, so a blob that is no text is left to git. Trees are made of hashes and of names that are
 * text.
 *
 * @returns null if git must do it
 */
export async function writeLoose(
  gitDir: string,
  type: 'blob' | 'tree' | 'commit',
  bytes: Buffer,
): Promise<ObjectId | null> {
  if (bytes.length > MAX_BYTES || (type !== 'tree' && !isUtf8(bytes)) || !isPlainLayout(gitDir)) return null;
  const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
  const oid = createHash('sha1').update(whole).digest('hex');
  const folder = join(gitDir, 'objects', oid.slice(0, 2));
  const draft = join(folder, `tmp_obj_${randomUUID()}`); // a name by which git recognises what a crash left, and removes it
  try {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await writeSynced(draft, await deflated(whole, { level: constants.Z_BEST_SPEED }));
    await rename(draft, join(folder, oid.slice(2)));
    return oid;
  } catch {
    await rm(draft, { force: true }).catch(() => {});
    return null; // git tries too, and reports best why it cannot be done
  }
}

async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o444);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
