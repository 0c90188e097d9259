import { spawnSync } from 'node:child_process';
import { RegistryError } from './errors.ts';
import { gitEnvironment } from './git-environment.ts';

/** The first version with `merge-tree --write-tree`. */
const NEEDED = [2, 38] as const;
const ANSWER_MS = 30_000;

/** Git is missing, too old, or cannot be started: nothing that needs it was begun. */
export class GitUnusableError extends RegistryError {
  readonly code = 'git_unusable';
  readonly what: string;
  readonly fix: string;
  constructor(what: string, options?: ErrorOptions) {
    const fix = `install git ${NEEDED.join('.')} or newer (docs/guides/installation.md says which systems come with it)`;
    super(`${what}: ${fix}`, options);
    this.what = what;
    this.fix = fix;
  }
}

let known: string | undefined;

/**
 * The version of this machine's git, e.g. `2.39.5`; determined once in a process. Everything that starts git calls it
 * first. It waits for git synchronously, so that code that ignores a failed command cannot ignore that git is missing.
 *
 * @throws {GitUnusableError} also if git is too old; the next call checks again
 */
export function requireGit(): string {
  known ??= ask();
  return known;
}

function ask(): string {
  const { error, status, stdout, stderr } = spawnSync('git', ['--version'], {
    encoding: 'utf8',
    env: gitEnvironment(process.env),
    timeout: ANSWER_MS,
    windowsHide: true,
  });
  if (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new GitUnusableError(
      missing ? 'git is not installed, or not in a folder of PATH' : `git cannot be started (${error.message})`,
      { cause: error },
    );
  }
  const [version, major, minor] = /(\d+)\.(\d+)(?:\.\d+)*/.exec(stdout) ?? [];
  if (status !== 0 || version === undefined) {
    const said = `${stdout}${stderr}`.trim().split('\n')[0]?.slice(0, 200);
    throw new GitUnusableError(`git --version ended with ${status}${said ? ` and said "${said}"` : ''}`);
  }
  const [wantedMajor, wantedMinor] = NEEDED;
  if (Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor)) return version;
  throw new GitUnusableError(`git ${version} is too old`);
}
