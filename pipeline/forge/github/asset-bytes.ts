import { faultOf } from '../../../registry-repo/network/errors.ts';
import { version } from '../../package-info.ts';
import { ForgeError } from '../errors.ts';
import { ApiError, apiError } from '../rest/failures.ts';
import type { Credentials } from './credentials.ts';
import { AssetAnswer } from './releases.ts';

type Fetch = typeof fetch;

/** Bytes of release assets. They do not go through the API client: they are streams, and come from other hosts. */
export class AssetBytes {
  readonly #api: URL;
  readonly #credentials: Credentials;
  readonly #fetch: Fetch;

  /** @param api address of the REST API */
  constructor(api: string, credentials: Credentials, request: Fetch = fetch) {
    this.#api = new URL(`${api.replace(/\/+$/, '')}/`);
    this.#credentials = credentials;
    this.#fetch = request;
  }

  /**
   * Uploads an asset in one piece: GitHub accepts no parts.
   *
   * @param uploadUrl of the release, as the API gives it
   * @throws {ForgeError} `unreachable` if it is not known whether it arrived
   */
  async upload(
    uploadUrl: string,
    {
      name,
      label,
      sizeBytes,
      chunks,
    }: { name: string; label: string; sizeBytes: number; chunks: AsyncIterable<Uint8Array> },
  ): Promise<AssetAnswer> {
    const url = this.#uploadAddress(uploadUrl);
    url.searchParams.set('name', name);
    url.searchParams.set('label', label);
    const what = `POST ${url.pathname}`;
    const response = await this.#ask(what, url, {
      method: 'POST',
      headers: {
        ...(await this.#headers()),
        'content-type': 'application/octet-stream',
        'content-length': String(sizeBytes),
      },
      body: ReadableStream.from(chunks),
      duplex: 'half',
    } as RequestInit);
    const answer = AssetAnswer.safeParse(await response.json().catch(() => null));
    if (!answer.success)
      throw new ForgeError('unreachable', `${what}: an answer that cannot be understood`, { cause: answer.error });
    return answer.data;
  }

  /**
   * An asset's bytes from an offset on, if the host behind GitHub serves ranges; else all of them.
   *
   * @param address of the asset in the API
   */
  async download(
    address: string,
    from: number,
  ): Promise<{ from: number; sizeBytes: number; body: AsyncIterable<Uint8Array> }> {
    const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
    const what = `GET ${new URL(address).pathname}`;
    const accept = { accept: 'application/octet-stream' };
    let response = await this.#ask(what, new URL(address), {
      headers: { ...(await this.#headers()), ...accept, ...range },
    });
    for (let hops = 0; response.status >= 300; hops++) {
      const next = this.#redirected(what, response, hops);
      await response.body?.cancel();
      response = await this.#ask(what, next, { headers: { 'user-agent': AGENT, ...range } }); // and never Pawl's token
    }
    if (!response.body) throw new ForgeError('unreachable', `${what}: no body`);
    const [, begin, all] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    const sizeBytes = Number(all ?? response.headers.get('content-length') ?? Number.NaN);
    if (!Number.isSafeInteger(sizeBytes))
      throw new ForgeError('refused', `${what}: it is not said how many bytes there are`);
    return { from: Number(begin ?? 0), sizeBytes, body: response.body as unknown as AsyncIterable<Uint8Array> };
  }

  async #headers(): Promise<Record<string, string>> {
    return { authorization: `token ${await this.#credentials.token()}`, 'user-agent': AGENT };
  }

  /** Only a trusted host gets the token: the API's own, or GitHub's host for uploads. */
  #uploadAddress(template: string): URL {
    const url = new URL(template.replace(/\{[^}]*\}$/, ''));
    const { hostname, protocol } = this.#api;
    const uploads = hostname.startsWith('api.') ? `uploads.${hostname.slice('api.'.length)}` : null;
    const known =
      url.origin === this.#api.origin || (url.protocol === protocol && url.hostname === uploads && url.port === '');
    if (!known)
      throw new ForgeError(
        'refused',
        `the forge wants uploads at ${url.origin}, which is not its own: nothing was sent`,
      );
    return url;
  }

  #redirected(what: string, { headers }: Response, hops: number): URL {
    const location = headers.get('location');
    const next = location === null || hops === 3 ? null : new URL(location);
    const plain = this.#api.protocol === 'http:';
    if (next && (next.protocol === 'https:' || (plain && next.protocol === 'http:'))) return next;
    throw new ForgeError('refused', `${what}: sent on to ${location ?? 'nowhere'}, which is not followed`);
  }

  async #ask(what: string, url: URL, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(url, { ...init, redirect: 'manual' });
    } catch (cause) {
      throw new ApiError(
        'unreachable',
        {
          status: null,
          said: '',
          message: `${what}: no answer (${faultOf(cause)}): check the network and registry.api`,
        },
        { cause },
      );
    }
    if (response.status < 400) return response;
    const data = await response.json().catch(() => ({ message: response.statusText }));
    throw apiError(what, {
      status: response.status,
      response: { headers: Object.fromEntries(response.headers), data },
    });
  }
}

const AGENT = `pawl/${version}`;
