import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PawlError } from '../../events/errors.ts';
import { getIn, yamlLayer } from '../config/layers.ts';
import { asUser } from '../state-folder.ts';
import type { NewFile } from './render.ts';

/** Files exist already with other content; none was written. */
export class FilesDifferError extends PawlError {
  readonly code = 'files_differ';
}

export type Placed = { readonly path: string; readonly state: 'written' | 'kept' | 'would-be-written' | 'in-the-way' };

const IGNORED = '.pawl/';

/**
 * Puts files into a folder, all or none, and makes git ignore Pawl's state there. Existing files are never replaced,
 * unless forced. A file with the same content stays, and so does a settings file that sets what is needed.
 *
 * @throws {FilesDifferError} naming every file that is in the way, and what a settings file lacks
 */
export async function placeFiles(
  folder: string,
  files: readonly NewFile[],
  { force, dryRun }: { force: boolean; dryRun: boolean },
): Promise<Placed[]> {
  const ignored = await ignoreFile(folder);
  const looked = await Promise.all([...files, ignored].map(async (file) => ({ file, ...(await look(folder, file)) })));
  const inTheWay = looked.filter(({ file, state }) => state === 'differs' && file !== ignored);
  if (inTheWay.length > 0 && !force && !dryRun)
    throw new FilesDifferError(
      `nothing was written, since these files are there and differ: ${inTheWay.map(({ file, why }) => file.path + why).join('; ')}. See what would be written with --dry-run and take it over by hand, or replace them with --force`,
    );
  const placed: Placed[] = [];
  for (const { file, state } of looked) {
    const write = state !== 'same';
    if (write && !dryRun) await writeWhole(join(folder, file.path), file.text);
    const wouldBe = !force && inTheWay.some((other) => other.file === file) ? 'in-the-way' : 'would-be-written';
    placed.push({ path: file.path, state: !write ? 'kept' : dryRun ? wouldBe : 'written' });
  }
  return placed;
}

/** `.gitignore` with Pawl's line added, whatever else it says. */
async function ignoreFile(folder: string): Promise<NewFile> {
  const text = (await existing(join(folder, '.gitignore'))) ?? '';
  if (text.split(/\r?\n/).includes(IGNORED)) return { path: '.gitignore', text };
  return { path: '.gitignore', text: `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${IGNORED}\n` };
}

type Look = { readonly state: 'missing' | 'same' | 'differs'; readonly why: string };

async function look(folder: string, { path, text, settings }: NewFile): Promise<Look> {
  const there = await existing(join(folder, path));
  if (there === null) return { state: 'missing', why: '' };
  if (there === text) return { state: 'same', why: '' };
  if (!settings) return { state: 'differs', why: '' };
  const { values } = yamlLayer(there, path);
  const lacking = [...settings].filter(([name, value]) => getIn(values, name.split('.')) !== value);
  if (lacking.length === 0) return { state: 'same', why: '' };
  return { state: 'differs', why: ` (it lacks ${lacking.map(([name, value]) => `${name}: ${value}`).join(', ')})` };
}

async function existing(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  asUser(() => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, text);
  });
  await rename(draft, file);
}
