import type { Dispatcher } from 'undici';
import { trustedAuthorities } from './certificates.ts';
import { type Env, type ForwardProxy, proxyRoutes, type Route } from './proxies.ts';

/** A proxy that has not opened a tunnel by then is given up. */
const TUNNEL_MS = 30_000;

/**
 * The one way to the network: `fetch` through the proxies and with the certificate authorities that variables name. Where they
 * name none it is Node's own. Each hop of a redirect takes the way of its own address.
 *
 * @throws {NetworkSettingError} if a variable cannot be followed; nothing is asked without it instead
 */
export function fetchFor(env: Env): typeof fetch {
  const [route, authorities] = [proxyRoutes(env), trustedAuthorities(env)];
  if (route === null && authorities === null) return globalThis.fetch;
  let loading: ReturnType<typeof load> | undefined;
  return async (input, init) => {
    loading ??= load(route ?? (() => null), authorities);
    const { ask, dispatcher } = await loading;
    return (await ask(input as never, { ...init, dispatcher } as never)) as unknown as Response;
  };
}

/** The library, loaded only where it is used. Its `fetch` and its ways are of one version; Node's own `fetch` may be of another. */
async function load(route: Route, authorities: string[] | null) {
  const { Agent, DecoratorHandler, fetch: ask, Pool, ProxyAgent } = await import('undici');
  const tls = authorities === null ? {} : { ca: authorities };
  const ways = new Agent({
    connect: tls,
    factory: (origin, options) => {
      const proxy = route(new URL(origin));
      if (proxy === null) return new Pool(origin, options);
      const { origin: uri, authorization } = proxy;
      const login = authorization === null ? {} : { token: authorization };
      // Without a tunnel what is not encrypted goes through: many proxies make tunnels to port 443 alone.
      return new ProxyAgent({
        ...{ uri, ...login, requestTls: tls, proxyTls: tls, proxyTunnel: false },
        clientFactory: (at, given) => new Pool(at, { ...given, headersTimeout: TUNNEL_MS }),
      });
    },
  });

  /** Says which proxy was in the way of what failed. */
  const naming = (next: Dispatcher.DispatchHandler, proxy: ForwardProxy): Dispatcher.DispatchHandler => {
    const handler = new DecoratorHandler(next) as Dispatcher.DispatchHandler;
    const onError = handler.onResponseError?.bind(handler);
    handler.onResponseError = (controller, error) => onError?.(controller, throughProxy(proxy, error));
    return handler;
  };
  const dispatcher = ways.compose((dispatch) => (options, handler) => {
    const proxy = options.origin ? route(new URL(options.origin)) : null;
    return dispatch(options, proxy === null ? handler : naming(handler, proxy));
  });
  return { ask, dispatcher };
}

/** Of TLS: the tunnel stands, and what answers at its end is not trusted. */
const DISTRUSTED = /^(?:CERT_|DEPTH_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

function throughProxy({ origin, variable }: ForwardProxy, cause: Error): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  const [, status] = /\((\d{3})\)/.exec(message) ?? [];
  const reason = status ? `it answers ${status}` : (code ?? message);
  const said =
    status === '407'
      ? `wants another user or password: put them into ${variable}, as http://USER:PASSWORD@HOST:PORT`
      : DISTRUSTED.test(code ?? '')
        ? `leads to a certificate that is not trusted (${code}): name the file of its authority in NODE_EXTRA_CA_CERTS and GIT_SSL_CAINFO`
        : `gives no way (${reason}): check ${variable}, or add the host to NO_PROXY`;
  return new Error(`the proxy ${origin} ${said}`, { cause });
}
