import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { version } from '../../package-info.ts';
import { ForgeError } from '../errors.ts';
import type { Api, Params } from '../rest/api.ts';
import { boundedFetch } from '../rest/bounded-fetch.ts';
import { apiError } from '../rest/failures.ts';

/** The default page size of servers; a server with smaller pages says so in `Link`. */
const PAGE = 50;
const MAX_PAGES = 400;
const READS = 3;
/** The longest wait. Beyond it the command ends and says when to come back. */
const MAX_WAIT_MS = 120_000;

export type ClientOptions = {
  /** Address of the API, as `https://git.example.org/api/v1`. */
  readonly url: string;
  readonly token: () => Promise<string>;
  /** The way to the network; Node's own by default. */
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  /** Pause before the first repeated read; the next ones are longer. */
  readonly pauseMs?: number;
};

type Answer = { readonly data: unknown; readonly next: boolean };

/**
 * The REST API of Gitea and Forgejo: GitHub's routes where they are the same, with other bodies, and lists by `limit`.
 */
export class GiteaApi implements Api {
  readonly url: string;
  readonly #options: Required<ClientOptions>;
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions) {
    this.#options = { timeoutMs: 60_000, pauseMs: 1000, fetch: globalThis.fetch, ...options };
    this.url = options.url.replace(/\/+$/, '');
    this.#fetch = boundedFetch(this.#options);
  }

  async get<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T> {
    return parse(route, answer, (await this.#read(route, params)).data);
  }

  async list<T>(route: string, params: Params, item: z.ZodType<T>, within?: string): Promise<T[]> {
    const page = within === undefined ? z.array(item) : z.object({ [within]: z.array(item) });
    const items: T[] = [];
    for (let number = 1; number <= MAX_PAGES; number++) {
      const { data, next } = await this.#read(route, { ...params, limit: PAGE, page: number });
      const found = parse<unknown>(route, page, data);
      items.push(...((within === undefined ? found : (found as Record<string, T[]>)[within]) as T[]));
      if (!next) return items;
    }
    throw new ForgeError('refused', `${route}: more than ${MAX_PAGES} pages`);
  }

  async send<T>(route: string, params: Params, answer: z.ZodType<T>): Promise<T> {
    return parse(route, answer, (await this.#ask(route, params)).data);
  }

  async #read(route: string, params: Params): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#ask(route, params);
      } catch (error) {
        if (!(error instanceof ForgeError) || error.reason !== 'unreachable' || attempt === READS) throw error;
        await sleep(Math.max(this.#options.pauseMs * attempt ** 2, waitOf(error)));
      }
    }
  }

  async #ask(route: string, params: Params): Promise<Answer> {
    const { method, path, rest } = requestOf(route, params);
    const inQuery = method === 'GET' || method === 'DELETE';
    const query = inQuery ? queryOf(rest) : '';
    const headers = {
      accept: 'application/json',
      authorization: `token ${await this.#options.token()}`,
      'user-agent': `pawl/${version}`,
      ...(inQuery ? {} : { 'content-type': 'application/json' }),
    };
    const body = inQuery ? {} : { body: JSON.stringify(rest) };
    const response = await this.#fetch(`${this.url}${path}${query}`, { method, headers, ...body }).catch((error) => {
      throw apiError(route, error);
    });
    const text = await response.text();
    const { status } = response;
    if (status >= 300 && status < 400)
      throw new ForgeError('refused', `${route}: the repository has moved: set registry.repository to its new name`);
    if (!response.ok) throw apiError(route, failureOf(response, text));
    return { data: dataOf(route, text), next: /\brel="next"/.test(response.headers.get('link') ?? '') };
  }
}

/** Parameters in braces go into the path, the others into query or body. */
function requestOf(route: string, params: Params): { method: string; path: string; rest: Record<string, unknown> } {
  const [method = '', template = ''] = route.split(' ');
  const rest: Record<string, unknown> = { ...params };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    if (value === undefined || value === '' || value === '.' || value === '..')
      throw new ForgeError('refused', `${route}: no usable ${name}`);
    return encodeURIComponent(String(value));
  });
  return { method, path, rest };
}

function queryOf(rest: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(rest).map(([key, value]): [string, string] => [key, String(value)]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

function dataOf(route: string, text: string): unknown {
  if (text === '') return null; // a merge, for example
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ForgeError(
      'refused',
      `${route}: an answer that is no JSON: is registry.api the address of Gitea’s or Forgejo’s API?`,
      { cause },
    );
  }
}

function failureOf(response: Response, text: string): unknown {
  let data: unknown = null;
  try {
    data = JSON.parse(text);
  } catch {
    data = { message: text.slice(0, 500) };
  }
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, message: response.statusText, response: { headers, data } };
}

/** How long a rate limit asks to wait, bounded by the longest wait. */
function waitOf({ cause }: ForgeError): number {
  const { response } = (cause ?? {}) as { response?: { headers?: Record<string, string> } };
  const seconds = Number(response?.headers?.['retry-after'] ?? 0);
  return seconds > 0 && seconds * 1000 <= MAX_WAIT_MS ? seconds * 1000 : 0;
}

function parse<T>(route: string, schema: z.ZodType<T>, data: unknown): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new ForgeError(
    'refused',
    `${route}: an answer that cannot be understood (${z.prettifyError(result.error).slice(0, 500)}): is registry.api the address of Gitea’s or Forgejo’s API?`,
  );
}
