import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewCommit } from './git-commit.ts';
import type { RunOptions } from './git-process.ts';
import type { ObjectId } from './values.ts';

/** The null id, in a repository with ids of that length. */
export const zeroLike = (oid: ObjectId): ObjectId => '0'.repeat(oid.length);

type Git = {
  readonly gitDir: string;
  readonly run: (args: readonly string[], options: RunOptions) => Promise<Buffer>;
  readonly text: (args: readonly string[], options: RunOptions) => Promise<string>;
};

// Git's own programs write what this file cannot: one to three processes for each object.

export const writeBlobByGit = (git: Git, bytes: Uint8Array): Promise<ObjectId> =>
  git.text(['hash-object', '-w', '--stdin'], { input: bytes });

export async function writeTreeByGit(
  git: Git,
  base: ObjectId | null,
  files: ReadonlyMap<string, ObjectId | null>,
): Promise<ObjectId> {
  const index = join(git.gitDir, `pawl-index-${randomUUID()}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git.run(base === null ? ['read-tree', '--empty'] : ['read-tree', base], { env });
    const zero = zeroLike([base, ...files.values()].find((oid) => oid !== null) ?? '0'.repeat(40));
    const lines = [...files].map(([path, oid]) => (oid === null ? `0 ${zero}\t${path}\0` : `100644 ${oid}\t${path}\0`));
    await git.run(['update-index', '-z', '--index-info'], { env, input: lines.join('') });
    return await git.text(['write-tree'], { env });
  } finally {
    await rm(index, { force: true });
  }
}

export function writeCommitByGit(git: Git, commit: NewCommit): Promise<ObjectId> {
  const date = `${Math.floor(commit.time.getTime() / 1000)} +0000`;
  const env = {
    GIT_AUTHOR_NAME: commit.by.name,
    GIT_AUTHOR_EMAIL: commit.by.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: commit.by.name,
    GIT_COMMITTER_EMAIL: commit.by.email,
    GIT_COMMITTER_DATE: date,
  };
  const parents = commit.parents.flatMap((p) => ['-p', p]);
  return git.text(['commit-tree', commit.tree, ...parents, '-F', '-'], { input: commit.message, env });
}
