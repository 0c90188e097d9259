import { Readable } from 'node:stream';

/** What of the SDK's request is sent. */
type Sent = {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  /** Escaped as it is signed. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  /** In memory: what is sent in parts is as well. */
  readonly body?: Uint8Array<ArrayBuffer> | string;
};

/** Sends the SDK's requests by a `fetch`, which knows the way through proxies; also those for credentials. */
export const handlerOver = (fetch: typeof globalThis.fetch) => ({
  metadata: { handlerProtocol: 'http/1.1' },
  async handle(request: Sent, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
    const { method, body } = request;
    try {
      const answer = await fetch(addressOf(request), {
        method,
        headers: headersOf(request),
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
        ...(abortSignal ? { signal: abortSignal } : {}),
      });
      return {
        response: {
          statusCode: answer.status,
          reason: answer.statusText,
          headers: Object.fromEntries(answer.headers),
          body: answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body as never),
        },
      };
    } catch (error) {
      throw networkError(error);
    }
  },
  updateHttpClientConfig() {},
  httpHandlerConfigs: () => ({}),
  destroy() {},
});

function addressOf({ protocol, hostname, port, path, query }: Sent): string {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    [value].flat().map((one) => (one === null || one === undefined ? escaped(key) : `${escaped(key)}=${escaped(one)}`)),
  );
  const at = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${at}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** As the signature has it (RFC 3986). */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** `fetch` says these by itself, or not at all; an answer that was packed on its way would not be what was asked for. */
const headersOf = ({ headers }: Sent): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['expect', 'host', 'content-length'].includes(name.toLowerCase())),
  ),
  'accept-encoding': 'identity',
});

/** What the SDK tries again, and tells as a fault of the network, it knows by its code or its name. */
function networkError(error: unknown): unknown {
  const reason = (error as { cause?: unknown }).cause;
  if (!(error instanceof TypeError) || !(reason instanceof Error)) return error;
  const { code = (reason.cause as NodeJS.ErrnoException | undefined)?.code } = reason as NodeJS.ErrnoException;
  const late = typeof code === 'string' && /^UND_ERR_.*TIMEOUT$/.test(code);
  return Object.assign(new Error(reason.message, { cause: error }), {
    name: late ? 'TimeoutError' : 'Error',
    code: code?.startsWith('E') ? code : 'ECONNRESET',
  });
}
