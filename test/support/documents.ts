import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Block, blocksIn } from './document-blocks.ts';
import { root } from './paths.ts';

/** A Markdown page: its path from the root, with slashes, and its text. */
export type Document = { readonly path: string; readonly text: string };

const NOT_OURS = /^(?:node_modules|dist|coverage|\.git|\.pawl|test\/fixtures|bench\/results)(?:\/|$)/;

/** Every Markdown page of the project, by path. */
export const documents: readonly Document[] = pagesUnder('').map((path) => ({ path, text: textOf(path) }));

/** Pages whose shell blocks are run, in their order; those of a list belong together and start in an empty folder. */
export const executed: readonly (readonly Document[])[] = [
  ['README.md'],
  ['docs/tutorial.md', ...documents.map(({ path }) => path).filter((path) => path.startsWith('docs/guides/'))],
  ['CONTRIBUTING.md'],
].map((paths) => paths.map((path) => ({ path, text: textOf(path) })));

export type PlacedBlock = Block & { readonly path: string };

export const blocksOf = (pages: readonly Document[]): PlacedBlock[] =>
  pages.flatMap(({ path, text }) => blocksIn(text).map((block) => ({ ...block, path })));

/** A page without its fenced blocks. */
export const withoutBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function pagesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = [folder, entry.name].filter(Boolean).join('/').replaceAll(sep, '/');
      if (NOT_OURS.test(path)) return [];
      if (entry.isDirectory()) return pagesUnder(path);
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .sort();
}
