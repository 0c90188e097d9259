import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Git, RefMovedError } from '../../registry-repo/git.ts';
import { GitError, runGit } from '../../registry-repo/git-process.ts';
import { ObjectId } from '../../registry-repo/values.ts';
import { ForgeError } from './errors.ts';

const MAIN = 'refs/heads/main';
/** The event log may be a branch of the registry. It is not mirrored: it is large, and not part of what is promoted. */
const FOLLOWED = [
  '+refs/heads/*:refs/heads/*',
  '^refs/heads/pawl/*',
  '+refs/pawl/verdicts/*:refs/pawl/verdicts/*',
  '+refs/pawl/merged/*:refs/pawl/merged/*',
];

/** Variables with which git reaches the network as other programs of this machine do; no others are passed on. */
const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'];
const CERTIFICATES = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO'];

/**
 * Proxies and certificates of this machine, for git. Proxies in small letters: `HTTP_PROXY` git does not know, which Pawl's
 * own requests follow (registry-repo/network).
 */
export const networkOf = (env: NodeJS.ProcessEnv): Record<string, string> => {
  const proxies = PROXIES.map((name) => [name.toLowerCase(), env[name.toLowerCase()] || env[name]]);
  const certificates = CERTIFICATES.map((name) => [name, env[name]]);
  return Object.fromEntries([...proxies, ...certificates].filter(([, value]) => value));
};

/** The registry that a repository of this machine is a copy of; null where it is a registry itself, or nothing. */
export function mirroredBy(gitDir: string): string | null {
  let config: string;
  try {
    config = readFileSync(join(gitDir, 'config'), 'utf8');
  } catch {
    return null; // what is there, or is not, is looked at by those who use it
  }
  return /^\[pawl\]\n(?:\t.*\n)*?\tmirror = (.+)$/m.exec(config)?.[1] ?? null;
}

/**
 * A copy is never taken for the registry: what was promoted there would be in production nowhere.
 *
 * @throws {ForgeError} if the repository is a copy of a registry elsewhere
 */
export function requireNoMirror(gitDir: string): void {
  const url = mirroredBy(gitDir);
  if (url === null) return;
  throw new ForgeError(
    'refused',
    `${gitDir} is a copy of the registry at ${url}: set registry.forge, registry.api and registry.repository to that one, as \`pawl registry init\` was told, or registry.path to a folder of its own`,
  );
}

/** A ref to move: `from` is where it must be (null: it does not exist), `to` null deletes. */
export type Move = { readonly ref: string; readonly to: ObjectId | null; readonly from: ObjectId | null };

export type MirrorOptions = {
  readonly git: Git;
  /** The registry at its forge: `https:`, `http:`, or in tests `file:`; without a user or a password. */
  readonly url: string;
  /** User and password, asked for at every command, because they may expire. Null: none are needed. */
  readonly login: () => Promise<{ readonly user: string; readonly password: string } | null>;
  readonly timeoutMs?: number;
  /** Pause before the first retry; the next ones are longer. */
  readonly pauseMs?: number;
};

/**
 * A bare repository on this machine that follows a remote registry. Any number of processes may use one. Credentials
 * reach git by its environment alone, never by an argument, an address, an error or the repository's settings.
 */
export class Mirror {
  readonly git: Git;
  readonly url: string;
  readonly #options: Required<MirrorOptions>;
  #ready: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(options: MirrorOptions) {
    this.#options = { timeoutMs: 600_000, pauseMs: 500, ...options };
    this.git = options.git;
    this.url = options.url;
  }

  /** Fetches changes; refs that were deleted there are deleted here. @returns the tip of main */
  async sync(): Promise<ObjectId> {
    await this.#fetchSoon();
    const main = await this.git.resolve(MAIN);
    if (main) return main;
    throw new ForgeError('unreachable', `${this.url} has no main branch: run \`pawl registry init\``);
  }

  /** A fetch that starts after this call. Callers that come while one runs share the next one. */
  #fetchSoon(): Promise<void> {
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined;
      const fetch = this.fetch(FOLLOWED, ['--prune']);
      this.#running = fetch.catch(() => {});
      return fetch;
    });
    return this.#waiting;
  }

  /** Fetches some refs. @throws {ForgeError} */
  async fetch(refspecs: readonly string[], options: readonly string[] = []): Promise<void> {
    await this.prepare();
    const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
    await this.#patiently(() => this.#remote([...args, ...options, this.url, ...refspecs]));
  }

  /** Where refs are at the forge now; missing refs are left out. */
  async remoteRefs(...refs: readonly string[]): Promise<Map<string, ObjectId>> {
    await this.prepare();
    const lines = (await this.#patiently(() => this.#remote(['ls-remote', '--quiet', this.url, ...refs]))).split('\n');
    const found = lines.filter(Boolean).map((line) => line.split('\t') as [string, string]);
    return new Map(found.filter(([oid, ref]) => refs.includes(ref) && isId(oid)).map(([oid, ref]) => [ref, oid]));
  }

  /** Makes sure that a commit's objects are here, by fetching the refs that may hold it. @returns whether they are */
  async has(commit: ObjectId, ...refs: readonly string[]): Promise<boolean> {
    await this.prepare();
    if (await this.git.commitId(commit)) return true;
    for (const ref of refs) {
      await this.fetch([`+${ref}:refs/pawl/seen/${commit}`]).catch((error) => {
        if (!(error instanceof ForgeError) || error.reason === 'unreachable') throw error;
      });
      if (await this.git.commitId(commit)) return true;
    }
    return false;
  }

  /**
   * Moves refs at the forge, all or none, each only from where the caller expects it to be. After a failure without a
   * clear answer, it looks at the refs before it tries again. Refs that are at the new commit already are not changed.
   *
   * @throws {RefMovedError} if one is elsewhere @throws {ForgeError} if the forge cannot be reached or refuses
   */
  async push(...moves: readonly Move[]): Promise<void> {
    await this.prepare();
    const leases = moves.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ''}`);
    const specs = moves.map(({ ref, to }) => `${to ?? ''}:${ref}`);
    const atomic = moves.length > 1 ? ['--atomic'] : [];
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#remote(['push', '--quiet', '--no-verify', ...atomic, ...leases, this.url, ...specs]);
        return;
      } catch (error) {
        if (!(error instanceof ForgeError)) throw error;
        const now = await this.remoteRefs(...moves.map((m) => m.ref));
        const at = ({ ref }: Move) => now.get(ref) ?? null;
        if (moves.every((m) => at(m) === m.to)) return;
        const moved = moves.filter((m) => at(m) !== m.from);
        if (moved.length > 0)
          throw new RefMovedError(`${moved.map((m) => m.ref).join(' and ')} moved at ${this.url}`, { cause: error });
        if (error.reason !== 'unreachable' || attempt === ATTEMPTS) throw error;
        await this.#pause(attempt);
      }
    }
  }

  /**
   * Makes the repository if there is none. @throws {ForgeError} if there is something else than a mirror of this
   * registry
   */
  prepare(): Promise<void> {
    this.#ready ??= this.#make().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #make(): Promise<void> {
    const path = this.git.gitDir;
    if (!existsSync(path)) await this.#create(path);
    const mirrored = await this.git
      .text(['config', '--local', '--get', 'pawl.mirror'])
      .catch((error) => (error instanceof GitError ? '' : Promise.reject(error)));
    if (mirrored === this.url) return;
    const what = mirrored ? `a mirror of ${mirrored}` : 'no mirror';
    throw new ForgeError(
      'refused',
      `${path} is ${what}, and is left alone: set registry.path to a folder that does not exist yet, for a mirror of ${this.url}`,
    );
  }

  /** It appears complete or not at all; of several processes one makes it. */
  async #create(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${randomUUID()}`;
    try {
      await runGit(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', draft], ['init'], {});
      await new Git(draft).run(['config', 'pawl.mirror', this.url]);
      renameSync(draft, path);
    } catch (error) {
      if (!existsSync(path)) throw error;
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }

  /** Other processes write the same refs: a process that loses such a race reads again. */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ForgeError) || error.reason !== 'unreachable' || attempt === ATTEMPTS) throw error;
        await this.#pause(attempt);
      }
    }
  }

  #pause(attempt: number): Promise<void> {
    return sleep(this.#options.pauseMs * attempt ** 2);
  }

  async #remote(args: readonly string[]): Promise<string> {
    const { timeoutMs } = this.#options;
    try {
      const env = await this.#env();
      return await this.git.text(args, { env, remote: this.url, timeoutMs, maxBytes: 16 * 1024 * 1024 });
    } catch (cause) {
      if (cause instanceof GitError) throw remoteError(this.url, cause);
      throw cause;
    }
  }

  async #env(): Promise<Record<string, string>> {
    const { protocol } = new URL(this.url);
    const login = protocol === 'file:' ? null : await this.#options.login();
    const basic = login && Buffer.from(`${login.user}:${login.password}`).toString('base64');
    const settings: [string, string][] = [
      ['transfer.fsckObjects', 'true'],
      ['http.followRedirects', 'false'],
      ...(basic ? [[`http.${this.url}.extraHeader`, `Authorization: Basic ${basic}`] as [string, string]] : []),
    ];
    return {
      ...networkOf(process.env),
      GIT_CONFIG_COUNT: String(settings.length),
      ...Object.fromEntries(
        settings.flatMap(([key, value], i) => [
          [`GIT_CONFIG_KEY_${i}`, key],
          [`GIT_CONFIG_VALUE_${i}`, value],
        ]),
      ),
    };
  }
}

const ATTEMPTS = 4;

const isId = (text: string): boolean => ObjectId.safeParse(text).success;

/** Git's error message, which may quote a server: bounded, and without characters that move a terminal's cursor. */
function remoteError(url: string, cause: GitError): ForgeError {
  const said = cause.stderr
    .replace(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/gu, '?')
    .trim()
    .slice(0, 1000);
  if (/authentication failed|could not read (?:username|password)|error: 40[13]\b/i.test(said))
    return new ForgeError(
      'refused',
      `${url} does not let this token in: it needs "Contents: write" on the registry (${said})`,
      { cause },
    );
  if (/repository .* not found|error: 404\b/i.test(said))
    return new ForgeError(
      'refused',
      `${url} shows no repository to this token: check registry.repository, and what the token may see (${said})`,
      { cause },
    );
  if (/\[(?:remote )?rejected\]|stale info/.test(said))
    return new ForgeError('refused', `${url} refused the push: ${said}`, { cause });
  if (/couldn't find remote ref|fsck error|fsckObjects|bad refspec/i.test(said))
    return new ForgeError('refused', `${url}: ${said}`, { cause });
  return new ForgeError('unreachable', `git cannot reach ${url}: ${said}`, { cause });
}
