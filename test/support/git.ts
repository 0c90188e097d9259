import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { Git } from '../../registry-repo/git.ts';
import { runGit } from '../../registry-repo/git-process.ts';
import { temporaryFolder } from './paths.ts';

export const tester = { name: 'Tester', email: 'tester@example.org' };
/** Git as a person uses it who changes something by hand. @returns what it prints */
export const gitByHand = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

export const commitTime = new Date('2026-01-02T03:04:05Z');

/** A new bare repository whose main has one commit with the files. */
export async function bareRepository(files: Readonly<Record<string, string | Uint8Array>>): Promise<Git> {
  const git = await emptyRepository(join(temporaryFolder(), 'registry.git'));
  const commit = await commitFiles(git, null, files, 'start');
  await git.updateRefs([{ ref: 'refs/heads/main', to: commit, from: null }]);
  return git;
}

/** A new bare repository without commits. @param settings of git */
export async function emptyRepository(folder: string, settings: Settings = []): Promise<Git> {
  const key = JSON.stringify(settings);
  const template = templates.get(key) ?? makeTemplate(settings);
  templates.set(key, template);
  await cp(await template, folder, { recursive: true });
  return new Git(folder);
}

type Settings = readonly (readonly [key: string, value: string])[];
const templates = new Map<string, Promise<string>>();

/** What `git init` makes, made once in a test's process and copied: it does not contain its own path. */
async function makeTemplate(settings: Settings): Promise<string> {
  const folder = join(temporaryFolder(), 'empty.git');
  await runGit(['init', '--quiet', '--bare', '--initial-branch=main', '--template=', folder], ['init'], {});
  for (const [key, value] of settings) await new Git(folder).run(['config', key, value]);
  return folder;
}

/** A commit on `parent` with files set or, where null, removed; no ref moves. */
export async function commitFiles(
  git: Git,
  parent: string | null,
  files: Readonly<Record<string, string | Uint8Array | null>>,
  message = 'change',
): Promise<string> {
  const blobs = new Map<string, string | null>();
  for (const [path, content] of Object.entries(files))
    blobs.set(path, content === null ? null : await git.writeBlob(content));
  const tree = await git.writeTree(parent, blobs);
  return git.writeCommit({ tree, parents: parent ? [parent] : [], message, by: tester, time: commitTime });
}
