import { join } from 'node:path';
import { GitLogBranch, type RunGit } from '../../events/log-branch.git.ts';
import { GitStore } from '../../events/store.git.ts';
import { Git } from '../../registry-repo/git.ts';
import { commitTime, emptyRepository as emptyAt, tester } from './git.ts';
import { temporaryFolder } from './paths.ts';

export const BRANCH = 'pawl/log';

/** A new bare repository without commits. */
export const emptyRepository = (): Promise<Git> => emptyAt(join(temporaryFolder(), 'log.git'));

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
