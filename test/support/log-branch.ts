import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GitLogBranch, type RunGit } from '../../events/log-branch.git.ts';
import { GitStore } from '../../events/store.git.ts';
import { Git } from '../../registry-repo/git.ts';
import { runGit } from '../../registry-repo/git-process.ts';
import { commitTime, tester } from './git.ts';
import { temporaryFolder } from './paths.ts';

export const BRANCH = 'pawl/log';

/** A new bare repository without commits. */
export async function emptyRepository(): Promise<Git> {
  const folder = join(temporaryFolder(), 'log.git');
  mkdirSync(folder);
  await runGit(['init', '--quiet', '--bare', '--initial-branch=main', folder], ['init'], {});
  return new Git(folder);
}

export type Machine = { readonly store: GitStore; readonly file: string };

type Over = Partial<ConstructorParameters<typeof GitStore>[0]> & {
  readonly token?: string;
  /** Wraps the store's git. */
  readonly wrap?: (run: RunGit) => RunGit;
};

/** A machine with a copy of its own, whose reads always update it first. */
export function machine(repository: string, { token, wrap = (run) => run, ...over }: Over = {}): Machine {
  const file = over.file ?? join(temporaryFolder(), 'events.db');
  const git = new Git(`${file}.git`);
  const branch = new GitLogBranch({
    git: wrap((args, options) => git.run(args, options)),
    repository,
    branch: BRANCH,
    by: tester,
    clock: () => commitTime,
    ...(token === undefined ? {} : { credentials: async () => token }),
  });
  return { file, store: new GitStore({ branch, freshMs: 0, pollMs: 10, ...over, file }) };
}
