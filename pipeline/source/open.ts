import { createHash } from 'node:crypto';
import { Git } from '../../registry-repo/git.ts';
import { GitError } from '../../registry-repo/git-process.ts';
import { addressProblem, isUrl, plainUrl } from '../config/address.ts';
import { Mirror } from '../forge/mirror.ts';
import { RepositoryError, TrainingRepository } from './repository.git.ts';

export type TrainingOptions = {
  /** A path or a URL, as configured. */
  readonly address: string;
  /** Makes a path of the configuration absolute. */
  readonly path: (relative: string) => string;
  /**
   * Token for a private repository, by its `owner/name`; null sends none. Asked for at every fetch, because it may
   * expire.
   */
  readonly token: ((repository: string) => Promise<string>) | null;
  /** The only origin to which the token may be sent. */
  readonly forge: string;
};

/**
 * Opens the repository to train from: a folder of this machine directly, a URL through a mirror under `.pawl`, which is
 * made here and filled by `refresh`.
 *
 * @throws {RepositoryError}
 */
export async function openTraining({ address, path, token, forge }: TrainingOptions): Promise<TrainingRepository> {
  const problem = addressProblem(address);
  if (problem !== null) throw new RepositoryError(`the training repository: ${problem}`);
  if (!isUrl(address)) return new TrainingRepository(path(address));
  const url = plainUrl(address);
  const { origin, pathname } = new URL(url);
  const asked = token !== null && origin === forge;
  const password = async () => (asked ? token(pathname.slice(1)) : null);
  const git = new Git(path(`.pawl/training-${createHash('sha256').update(url).digest('hex').slice(0, 12)}.git`));
  const login = async () => {
    const secret = await password();
    return secret === null ? null : { user: 'x-access-token', password: secret };
  };
  const mirror = new Mirror({ git, url: `${url}.git`, login });
  const fetching = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (cause) {
      throw unreadable(url, asked, cause as Error);
    }
  };
  await fetching(mirror.prepare());
  const fetch = (branch: string) => mirror.fetch([`+refs/heads/${branch}:refs/heads/${branch}`]);
  return new TrainingRepository(git.gitDir, { name: url, refresh: (branch) => fetching(fetch(branch)) });
}

/** The mirror's message is about a registry; this one says what to do about a training repository. */
function unreadable(url: string, asked: boolean, error: Error): RepositoryError {
  const { cause } = error;
  const said = cause instanceof GitError ? cause.stderr : error.message;
  const line = said.replace(/\p{Cc}+|[\u2028-\u202e\u2066-\u2069]/gu, ' ').trim();
  const who = asked
    ? 'the App of registry.app.id, or the token in PAWL_SECRET_FORGE_TOKEN'
    : 'everybody, since neither an App nor PAWL_SECRET_FORGE_TOKEN is set, or they are for another host, the forge’s';
  return new RepositoryError(
    `cannot fetch from ${url}: check watch.repository, watch.branch, and that it may be read by ${who}: ${line.slice(0, 500)}`,
    { cause: error },
  );
}
