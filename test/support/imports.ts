import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './paths.ts';

export type Import = {
  readonly from: string;
  /** As written. */
  readonly target: string;
  /** The project's file that it names; null for a package. */
  readonly inside: string | null;
  readonly dynamic: boolean;
};

/** The imports of a project's file, including types and dynamic imports. */
export function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const found = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|(?:^|\n)import\s*'([^']+)'|(import)\(\s*'([^']+)'/g,
  );
  return [...found].map((m) => {
    const target = (m[1] ?? m[2] ?? m[4]) as string;
    const inside = target.startsWith('.') ? normalize(join(dirname(file), target)) : null;
    return { from: file, target, inside, dynamic: m[3] !== undefined };
  });
}
