import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Marks } from '../../scripts/docs/marks.ts';
import { importsOf } from './imports.ts';
import { root } from './paths.ts';

type Layer = {
  readonly name: string;
  /** Folders of pipeline/, and files that are in it directly. None imports another of its own layer. */
  readonly parts: readonly string[];
};

/** The order of pipeline/, lowest first: a layer imports only from layers below it. */
export const LAYERS: readonly Layer[] = [
  { name: 'helpers', parts: ['helpers', 'onnx', 'evaluation', 'demo'] },
  { name: 'rows and pictures', parts: ['data', 'plots'] },
  { name: 'training', parts: ['training'] },
  { name: 'settings', parts: ['config'] },
  { name: 'forges', parts: ['forge'] },
  { name: 'what was signed of the log', parts: ['past'] },
  { name: 'promotion and source', parts: ['promotion', 'source'] },
  { name: 'ports to the world', parts: ['world.ts'] },
  { name: 'work on the registry and the log', parts: ['registry-setup', 'triggers', 'audit', 'why'] },
  { name: 'sweeps and first settings', parts: ['sweep', 'init'] },
  { name: 'choice of adapters', parts: ['workspace'] },
  { name: 'what Pawl can do', parts: ['operations'] },
  { name: 'the command line', parts: ['commands'] },
  { name: 'entry', parts: ['entry'] },
];

/** Files directly in pipeline/ that belong together. All other files there are helpers, which import only each other. */
const FILES: Record<string, readonly string[]> = {
  'world.ts': ['world.ts'],
  workspace: ['workspace.ts', 'compare-log.ts', 'open-artifacts.ts', 'open-store.ts'],
  entry: ['cli.ts', 'here.ts', 'main.ts', 'program.ts'],
};

/** The part of pipeline/ that a file belongs to. */
export function partOf(file: string): string {
  const [, first = '', inner] = file.split('/');
  if (inner !== undefined) return first;
  return Object.entries(FILES).find(([, files]) => files.includes(first))?.[0] ?? 'helpers';
}

export const rankOf = (part: string): number => LAYERS.findIndex(({ parts }) => parts.includes(part));

export type Arrow = { readonly from: string; readonly to: string; readonly file: string; readonly target: string };

/** Imports in pipeline/ from one part into another. */
export function arrows(): Arrow[] {
  return readdirSync(join(root, 'pipeline'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.wasm.ts'))
    .sort()
    .flatMap((file) => importsOf(join('pipeline', file)))
    .filter(({ inside }) => inside?.startsWith('pipeline/'))
    .map(({ from, inside }) => ({
      from: partOf(from),
      to: partOf(inside as string),
      file: from,
      target: inside as string,
    }))
    .filter(({ from, to }) => from !== to);
}

/** The order as docs/architecture.md shows it: an arrow is left out if a longer path implies it. */
export function diagram(found: readonly Arrow[]): string {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of found) next.set(from, (next.get(from) ?? new Set()).add(to));
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    !seen.has(from) && [...(next.get(from) ?? [])].some((step) => step === to || reaches(step, to, seen.add(from)));
  const lines = LAYERS.toReversed().flatMap(({ parts }) =>
    parts.flatMap((from) =>
      [...(next.get(from) ?? [])]
        .filter((to) => ![...(next.get(from) ?? [])].some((step) => step !== to && reaches(step, to)))
        .sort((a, b) => rankOf(b) - rankOf(a) || (a < b ? -1 : 1))
        .map((to) => `  ${from} --> ${to}`),
    ),
  );
  const layers = LAYERS.toReversed().map(
    ({ name, parts }) =>
      `| ${name} | ${parts.map((part) => `\`${FILES[part] ? FILES[part].join('`, `') : part === 'helpers' ? '*.ts' : `${part}/`}\``).join(', ')} |`,
  );
  return ['| layer | files |', '|---|---|', ...layers, '', '```mermaid', 'flowchart TD', ...lines, '```'].join('\n');
}

/** Where docs/architecture.md shows it. */
export const DIAGRAM_MARKS: Marks = ['<!-- order of pipeline: `npm run docs` writes this -->', '<!-- end of order -->'];
