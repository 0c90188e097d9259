import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { StoreError } from './errors.ts';
import type { LogBranch, LogCommit, Pushed } from './log-branch.ts';
import type { Segment } from './segments.ts';

/**
 * Runs git on a bare repository of Pawl's, without a shell and without a user's git settings. It is passed in, so that
 * every git process of one program is started, bounded and hardened in one place. Errors carry git's `stderr`.
 */
export type RunGit = (
  args: readonly string[],
  options?: {
    input?: Uint8Array;
    env?: Readonly<Record<string, string>>;
    timeoutMs?: number;
    maxBytes?: number;
    /**
     * The one other repository that the command may reach: an absolute path or a URL. If it is left out, the command
     * reaches none.
     */
    remote?: string;
  },
) => Promise<Buffer>;

type Options = {
  /** A bare repository for the branch's objects only. It may be deleted, and is made if it does not exist. */
  readonly git: RunGit;
  /** Absolute path, or http(s) URL without user and password. */
  readonly repository: string;
  readonly branch: string;
  /** The author of commits. */
  readonly by: { readonly name: string; readonly email: string };
  readonly clock: () => Date;
  /** Token for an http(s) repository. It is asked for at every use. */
  readonly credentials?: () => Promise<string | null>;
  /** Proxies and certificates of this machine, as environment variables. */
  readonly network?: Readonly<Record<string, string>>;
};

/** Keeps git from collecting the objects that were fetched or pushed last. */
const KEPT = 'refs/pawl/log';
const OID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const READ_AT_ONCE_BYTES = 32 * 1024 * 1024;
const READ_AT_ONCE = 1000;
const LARGEST_BLOB_BYTES = 100 * 1024 * 1024;

/** The objects can be fetched again, so git need not wait for the disk after each. */
const UNSAFE_FAST = ['-c', 'core.fsync=none'];

const RACED =
  /\((?:stale info|fetch first|non-fast-forward)\)|incorrect old value|reference already exists|failed to (?:update|lock) ref|cannot lock ref(?!.*cannot create)/;
const PASSING =
  /no answer in|timed out|hung up|early EOF|RPC failed|Could not resolve|Connection|Recv failure|Send failure|unexpected disconnect|returned error: (?:429|5\d\d)|operation too slow|Empty reply/i;

/** The log's branch through git's plumbing: a repository on this machine, or one behind http(s). */
export class GitLogBranch implements LogBranch {
  readonly location: string;
  readonly #options: Options;
  readonly #ref: string;
  #ready: Promise<void> | undefined;
  /** A commit that is certainly here. */
  #here: string | null = null;
  #used = false;

  /** @throws {StoreError} for a repository that is neither an absolute path nor a plain http(s) URL */
  constructor(options: Options) {
    checkRepository(options.repository);
    this.#options = options;
    this.#ref = `refs/heads/${options.branch}`;
    this.location = `${options.branch} of ${options.repository}`;
  }

  async tip(): Promise<string | null> {
    if (isAbsolute(this.#options.repository) && !existsSync(this.#options.repository)) return null; // the repository does not exist yet
    const found = (await this.#remote(['ls-remote', '--quiet'], [this.#ref], 60_000)).toString('utf8').split('\n');
    const [oid = ''] = found.map((l) => l.split('\t')).find(([, ref]) => ref === this.#ref) ?? [];
    if (oid === '') return null;
    if (!OID.test(oid)) throw new StoreError(`${this.location}: the repository names ${JSON.stringify(oid)} as commit`);
    return oid;
  }

  async fetch(): Promise<void> {
    const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance'];
    // Fetch into no ref: two processes that fetch at once would block each other.
    await this.#remote([...UNSAFE_FAST, 'fetch', ...flags], [this.#ref], 600_000);
    this.#used = true;
  }

  async commits(after: string | null, tip: string): Promise<LogCommit[]> {
    const flags = ['--raw', '-r', '-z', '--no-renames', '--no-abbrev', '--no-show-signature', '--no-notes'];
    const range = after !== null && (await this.#has(after)) ? [tip, `^${after}`] : [tip];
    const log = ['log', '--reverse', '--topo-order', '--format=%x01%H %P', ...flags, ...range, '--'];
    const commits = parseLog(await this.#local(log));
    await this.#keep(tip);
    return commits;
  }

  async *read(blobs: readonly string[]): AsyncIterable<Buffer> {
    for (let i = 0; i < blobs.length; i += READ_AT_ONCE) {
      const part = blobs.slice(i, i + READ_AT_ONCE);
      const sizes = await this.#sizes(part);
      for (let from = 0; from < part.length; ) {
        let [to, bytes] = [from, 0];
        do bytes += sizes[to++] as number;
        while (to < part.length && bytes + (sizes[to] as number) <= READ_AT_ONCE_BYTES);
        yield* await this.#contents(part.slice(from, to), bytes);
        from = to;
      }
    }
  }

  async #sizes(blobs: readonly string[]): Promise<number[]> {
    const lines = (await this.#local(['cat-file', '--batch-check'], Buffer.from(`${blobs.join('\n')}\n`)))
      .toString('utf8')
      .split('\n');
    return blobs.map((oid, i) => {
      const [, type, size] = (lines[i] ?? '').split(' ');
      if (type === 'blob' && Number(size) <= LARGEST_BLOB_BYTES) return Number(size);
      throw new StoreError(`${this.location}: ${oid} is no file that can be read (${lines[i]?.slice(41)})`);
    });
  }

  async #contents(blobs: readonly string[], bytes: number): Promise<Buffer[]> {
    const input = Buffer.from(`${blobs.join('\n')}\n`);
    const output = await this.#local(['cat-file', '--batch'], input, bytes + 200 * blobs.length);
    let at = 0;
    return blobs.map(() => {
      const end = output.indexOf(10, at);
      const size = Number(output.toString('latin1', at, end).split(' ')[2]);
      at = end + 1 + size + 1;
      return output.subarray(end + 1, end + 1 + size);
    });
  }

  async write(parent: string | null, segments: readonly (Segment & { readonly message: string })[]): Promise<string> {
    if (parent !== null && parent !== this.#here && !(await this.#has(parent))) await this.fetch();
    const output = await this.#local(
      [...UNSAFE_FAST, 'fast-import', '--quiet', '--done'],
      importStream(parent, segments, this.#options),
    );
    const commit = output.toString('latin1').trim();
    if (!OID.test(commit)) throw new StoreError(`${this.location}: git made no commit`);
    return commit;
  }

  async push(from: string | null, to: string): Promise<Pushed> {
    try {
      const flags = [
        '--quiet',
        '--no-verify',
        '--no-recurse-submodules',
        `--force-with-lease=${this.#ref}:${from ?? ''}`,
      ];
      await this.#remote(['push', ...flags], [`${to}:${this.#ref}`], 120_000);
    } catch (error) {
      const said = saidBy((error as StoreError).cause);
      if (RACED.test(said)) return { state: 'raced', why: said };
      return { state: 'failed', error: error as StoreError, again: PASSING.test(said) };
    }
    this.#used = true;
    await this.#keep(to);
    return { state: 'pushed' };
  }

  /** Packs the objects of many small appends, when there are many. */
  async close(): Promise<void> {
    if (!this.#used) return;
    const tidy = ['-c', 'gc.auto=5000', '-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet'];
    await this.#local(tidy).catch(() => {}); // only tidying: the next append tries again
  }

  async #has(commit: string): Promise<boolean> {
    return this.#local(['cat-file', '-e', `${commit}^{commit}`]).then(
      () => true,
      () => false,
    );
  }

  async #keep(commit: string): Promise<void> {
    this.#here = commit;
    await this.#local(['update-ref', KEPT, commit]).catch(() => {}); // another process has written it, with a commit that is as good
  }

  /** Makes the bare repository. Calling it again changes nothing. */
  async #prepared(): Promise<void> {
    this.#ready ??= this.#options
      .git(['init', '--quiet', '--bare', '--template='])
      .then(() => {})
      .catch((cause: unknown) => {
        this.#ready = undefined;
        throw new StoreError(`cannot make a repository beside events.path: ${saidBy(cause)}`, { cause });
      });
    await this.#ready;
  }

  async #local(args: readonly string[], input?: Uint8Array, maxBytes?: number): Promise<Buffer> {
    await this.#prepared();
    try {
      return await this.#options.git(args, {
        ...(input === undefined ? {} : { input }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      });
    } catch (cause) {
      throw new StoreError(
        `cannot read what was fetched of ${this.location}: ${saidBy(cause)}; the folder beside events.path that ends in .git may be deleted, it is made again`,
        { cause },
      );
    }
  }

  async #remote(command: readonly string[], refs: readonly string[], timeoutMs: number): Promise<Buffer> {
    await this.#prepared();
    const { repository, credentials, git, network } = this.#options;
    const token = (await credentials?.()) ?? null;
    try {
      const env = { ...network, ...remoteConfig(repository, token) };
      return await git([...command, repository, ...refs], { env, timeoutMs, remote: repository });
    } catch (cause) {
      const said = saidBy(cause);
      const shown = token === null ? said : said.replaceAll(token, '***');
      throw new StoreError(`cannot reach ${this.location}: ${shown}${advice(said)}`, { cause });
    }
  }
}

/** @throws {StoreError} */
function checkRepository(repository: string): void {
  if (isAbsolute(repository)) return;
  const url = URL.canParse(repository) ? new URL(repository) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password)
    throw new StoreError(
      'events.repository is no path and no plain http(s) URL: give one without user and password, the token comes from PAWL_SECRET_FORGE_TOKEN',
    );
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Settings of one git process, in its environment: in its arguments, every user of the machine could see a token. */
function remoteConfig(repository: string, token: string | null): Record<string, string> {
  const config = [
    ['transfer.fsckObjects', 'true'],
    ['http.followRedirects', 'false'],
  ];
  if (token !== null && !isAbsolute(repository)) {
    const { protocol, hostname, origin } = new URL(repository);
    if (protocol === 'http:' && !LOOPBACK.test(hostname))
      throw new StoreError(`a token is not sent to ${origin} in clear: use https in events.repository`);
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
    config.push([`http.${origin}/.extraHeader`, `Authorization: Basic ${basic}`]);
  }
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(config.length) };
  for (const [i, [key = '', value = '']] of config.entries())
    Object.assign(env, { [`GIT_CONFIG_KEY_${i}`]: key, [`GIT_CONFIG_VALUE_${i}`]: value });
  return env;
}

/** What git said, in one line without control characters: a server wrote part of it. */
function saidBy(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  const text = (stderr?.trim() || message || 'no reason given').replace(/[^\P{C}]+/gu, ' ');
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

function advice(said: string): string {
  if (/Authentication failed|could not read Username|returned error: 40[13]/i.test(said))
    return ' (PAWL_SECRET_FORGE_TOKEN must hold a token that may write contents)';
  if (/returned error: 30\d|unable to update url base/i.test(said))
    return ' (redirects are not followed: set events.repository to the new address)';
  if (/does not appear to be a git repository|not found|does not exist/i.test(said))
    return ' (events.repository must name a git repository that is there)';
  return '';
}

/** Writes several commits and their files as one stream, for one process; no ref is left behind. */
function importStream(
  parent: string | null,
  segments: readonly (Segment & { readonly message: string })[],
  { by, clock }: Options,
): Buffer {
  const plain = (text: string) => text.replace(/[<>\p{Cc}]/gu, '');
  const who = `${plain(by.name)} <${plain(by.email)}> ${Math.floor(clock().getTime() / 1000)} +0000`;
  const ref = 'refs/pawl/draft';
  const parts = segments.flatMap(({ path, bytes, message }, i) => {
    const from = i === 0 ? parent : `:${i}`;
    const text = `commit ${ref}\nmark :${i + 1}\ncommitter ${who}\n${data(message)}${from === null ? '' : `from ${from}\n`}`;
    return [Buffer.from(`${text}M 100644 inline ${path}\ndata ${bytes.length}\n`), bytes, Buffer.from('\n')];
  });
  const end = `get-mark :${segments.length}\nreset ${ref}\nfrom ${'0'.repeat(parent?.length ?? 40)}\n\ndone\n`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

/** `\x01oid parents`, then for each change `:mode mode blob blob status` and its path, all ended by NUL. */
export function parseLog(output: Buffer): LogCommit[] {
  const commits: { oid: string; parents: string[]; changes: LogCommit['changes'][number][] }[] = [];
  const fields = output.toString('utf8').split('\0');
  for (let i = 0; i < fields.length; i++) {
    const field = (fields[i] as string).replace(/^\n/, '');
    if (field.startsWith('\x01')) {
      const [oid = '', ...parents] = field.slice(1).trim().split(' ');
      commits.push({ oid, parents, changes: [] });
    } else if (field.startsWith(':')) {
      const [, mode = '', , blob = '', status = ''] = field.slice(1).split(' ');
      commits.at(-1)?.changes.push({ status, mode, blob, path: fields[++i] ?? '' });
    }
  }
  return commits;
}
