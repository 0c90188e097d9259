import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { userCache } from '../user-cache.ts';

/** The release whose internals are known: its addon is built, and its files are loaded one by one. */
export const TFJS_NODE = '4.22.0';

const Installed = z.strictObject({
  schema: z.literal('pawl.tensorflow-backend/1'),
  /** Absolute path of the addon. */
  addon: z.string().min(1).max(4000),
  /** Folder whose `node_modules` holds tfjs-node. */
  packages: z.string().min(1).max(4000),
  /** Folder of TensorFlow's libraries. */
  tensorflow: z.string().min(1).max(4000),
  version: z.string().min(1).max(100),
  gpu: z.boolean(),
});
/** The addon that `pawl backend install` has built and tried. */
export type Installed = z.infer<typeof Installed>;

/** The folder that holds everything; it may be deleted. */
export const backendFolder = (): string => join(userCache(), 'backends');
const file = (): string => join(backendFolder(), 'tensorflow.json');

/** @returns null if none is installed */
export async function readInstalled(): Promise<Installed | null> {
  const text = await readFile(file(), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return Installed.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The last file that an installation writes. */
export async function writeInstalled(installed: Installed): Promise<string> {
  const path = file();
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify(installed, null, 2)}\n`);
  await rename(fresh, path);
  return path;
}

export const removeInstalled = (): Promise<void> => rm(file(), { force: true });
