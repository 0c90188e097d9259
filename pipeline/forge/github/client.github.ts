import type { Octokit } from '@octokit/rest';
import * as z from 'zod';
import { version } from '../../package-info.ts';
import { ForgeError } from '../errors.ts';
import type { Api, Params } from '../rest/api.ts';
import { boundedFetch } from '../rest/bounded-fetch.ts';
import { apiError } from '../rest/failures.ts';
import { refuseBroadScopes } from './scopes.ts';

export const GITHUB_API = 'https://api.github.com';
/** Later versions leave out `merge_commit_sha`. */
const API_VERSION = '2022-11-28';
const MAX_PAGES = 200;
/** The longest wait. Beyond it the command ends and says when to come back. */
const MAX_WAIT_SECONDS = 120;

export type ClientOptions = {
  /** Address of the API; null for github.com. */
  readonly url?: string | null;
  /** The value of `Authorization`, asked for at every request. */
  readonly authorization: () => Promise<string>;
  /** The way to the network; Node's own by default. */
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  /** The unit of waiting for a retry: a second; shorter in tests. */
  readonly secondMs?: number;
  /**
   * Keeps changes a second apart, and those that notify people three, as GitHub asks. Off only for servers that are not
   * GitHub.
   */
  readonly paced?: boolean;
};

/** The library prints nothing: an error holds everything. */
export const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const atOnce = {
  key: () => ({ schedule: (_: unknown, work: (...a: unknown[]) => unknown, ...a: unknown[]) => work(...a) }),
};

/** Makes the client. Its libraries are loaded only for its first request. */
export async function githubOctokit(options: ClientOptions): Promise<Octokit> {
  const [{ Octokit }, { throttling }, { retry }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-throttling'),
    import('@octokit/plugin-retry'),
  ]);
  const Paced = Octokit.plugin(throttling, retry);
  const { authorization, timeoutMs = 60_000, secondMs = 1000, paced = true } = options;
  const { fetch = globalThis.fetch } = options;
  const patience = (seconds: number, _: unknown, __: unknown, count: number) =>
    count < 3 && seconds <= MAX_WAIT_SECONDS;
  const octokit = new Paced({
    baseUrl: (options.url ?? GITHUB_API).replace(/\/+$/, ''),
    userAgent: `pawl/${version}`,
    log: quiet,
    request: { fetch: boundedFetch({ fetch, timeoutMs }) },
    retry: { retryAfterBaseValue: secondMs },
    throttle: {
      retryAfterBaseValue: secondMs,
      onRateLimit: patience,
      onSecondaryRateLimit: patience,
      ...(paced ? {} : { write: atOnce, notifications: atOnce }),
    } as never,
  });
  octokit.hook.before('request', async (request) => {
    request.headers.authorization = await authorization();
    request.headers['x-github-api-version'] = API_VERSION;
  });
  return octokit;
}

export class OctokitApi implements Api {
  readonly url: string;
  readonly #options: ClientOptions;
  #octokit: Promise<Octokit> | undefined;

  constructor(options: ClientOptions) {
    this.url = (options.url ?? GITHUB_API).replace(/\/+$/, '');
    this.#options = options;
  }

  async get<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T> {
    return parse(route, answer, (await this.#ask(route, params)).data);
  }

  async list<T>(route: string, params: Params, item: z.ZodType<T>, within?: string): Promise<T[]> {
    const page = within === undefined ? z.array(item) : z.object({ [within]: z.array(item) });
    const items: T[] = [];
    for (let number = 1; number <= MAX_PAGES; number++) {
      const { data, headers } = await this.#ask(route, { ...params, per_page: 100, page: number });
      const found = parse<unknown>(route, page, data);
      items.push(...((within === undefined ? found : (found as Record<string, T[]>)[within]) as T[]));
      if (!/\brel="next"/.test(headers.link ?? '')) return items;
    }
    throw new ForgeError('refused', `${route}: more than ${MAX_PAGES} pages`);
  }

  async send<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T> {
    return parse(route, answer, (await this.#ask(route, { ...params, request: { retries: 0 } })).data);
  }

  async #ask(route: string, params: Params) {
    try {
      this.#octokit ??= githubOctokit(this.#options);
      const response = await (await this.#octokit).request(route, { ...params });
      if (response.status >= 300)
        throw new ForgeError('refused', `${route}: the repository has moved: set registry.repository to its new name`);
      refuseBroadScopes(response.headers['x-oauth-scopes']);
      return response;
    } catch (error) {
      throw apiError(route, error);
    }
  }
}

function parse<T>(route: string, schema: z.ZodType<T>, data: unknown): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new ForgeError(
    'refused',
    `${route}: an answer that cannot be understood (${z.prettifyError(result.error).slice(0, 500)}): is registry.api the address of GitHub's REST API?`,
  );
}
