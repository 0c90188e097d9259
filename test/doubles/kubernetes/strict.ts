import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, temporaryFolder } from '../../support/paths.ts';

export type StrictReader = { readonly program: string };

/** Builds the reader of `strict/`, or says why that is not possible here. */
export function strictReader(): StrictReader | string {
  const program = join(temporaryFolder(), 'strict');
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: join(root, 'test/doubles/kubernetes/strict'),
    encoding: 'utf8',
  });
  if (built.error) return 'go is not installed here';
  return built.status === 0 ? { program } : `go cannot build it: ${built.stderr.trim().split('\n').at(-1)}`;
}

/** Reads a manifest as Kubernetes' own types. */
export function readStrictly({ program }: StrictReader, manifest: string): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, [], { input: manifest, encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}
