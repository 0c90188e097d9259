import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { PawlError } from '../events/errors.ts';
import { Connections } from './connections.ts';
import type { ServerOptions } from './options.ts';

/**
 * Longer than load balancers keep connections (60 s is usual), so that the server never closes one during a request.
 */
const KEEP_ALIVE_MS = 65_000;

/**
 * How long a stopping server accepts requests that clients sent before they could know. Its answers say that the
 * connection ends, so that no client sends another request on it. If a connection is closed while a request is
 * arriving, that request gets no answer.
 */
const ON_THEIR_WAY_MS = 300;

/** The server cannot listen on the address. */
export class CannotListenError extends PawlError {
  readonly code = 'cannot_listen';
}

export type Listener = {
  readonly url: string;
  readonly port: number;
  /**
   * Answers requests that are arriving, then accepts no new ones, lets running requests end, and closes the rest at the
   * deadline. Never fails.
   */
  readonly close: (timeoutMs: number) => Promise<void>;
};

/** Addresses of the machine itself. Not every machine has the first, nor resolves `localhost`. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Addresses to try for a host, in order. For a host that only means this machine, the other such addresses follow. */
export function addressesFor(host: string): string[] {
  if (host === 'localhost') return [host, ...LOOPBACK];
  return host === LOOPBACK[0] ? [...LOOPBACK] : [host];
}

/** Error codes: the machine has no such address or protocol, or the name is unknown. */
const ABSENT = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * Says why the server cannot listen on an address, and what to do.
 *
 * @param present addresses that this machine has
 */
export function listenAdvice({ code = '', message }: NodeJS.ErrnoException, present: readonly string[]): string {
  if (code === 'EADDRINUSE')
    return 'something else listens there: stop it, or choose another port (0 takes any free one)';
  if (code === 'EACCES') return 'this user may not: choose a port above 1023';
  if (!ABSENT.includes(code)) return message;
  const why =
    code.startsWith('EA') && code !== 'EAI_AGAIN' ? 'this machine has no such address' : 'nobody here knows this name';
  if (present.length === 0) return `${why}, and no other: bring up its network (\`ip link set lo up\`)`;
  const every = present.some((address) => address.includes('.')) ? '0.0.0.0' : '::';
  return `${why}: use ${present.slice(0, 4).join(' or ')}, or ${every} for every network`;
}

/** Addresses of this machine that need no interface name. Loopback addresses come first. */
const addressesHere = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ scopeid = 0 }) => scopeid === 0)
    .sort((a, b) => Number(b.internal) - Number(a.internal))
    .map(({ address }) => address);

/**
 * Listens on the host and port of the options. A machine without 127.0.0.1 is reached by `::1`; the URL says which it
 * is.
 *
 * @throws {CannotListenError}
 */
export async function listen(
  app: Pick<OpenAPIHono, 'fetch'>,
  options: Pick<ServerOptions, 'host' | 'port' | 'headersMs' | 'bodyMs' | 'limits'>,
): Promise<Listener> {
  const { host, port, bodyMs, limits } = options;
  const headersMs = Math.min(options.headersMs, bodyMs);
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname: host,
    serverOptions: {
      requestTimeout: bodyMs,
      headersTimeout: headersMs,
      connectionsCheckingInterval: Math.max(50, Math.min(headersMs / 4, 5000)),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server;
  const connections = new Connections(server, limits.connections);
  const address = await listenOn(server, host, port);
  const { port: actual } = server.address() as AddressInfo;
  return { url: urlOf(address, actual), port: actual, close: (timeoutMs) => close(server, connections, timeoutMs) };
}

/** @returns the first address, of those that the host means, that the server could listen on */
async function listenOn(server: Server, host: string, port: number): Promise<string> {
  let first: NodeJS.ErrnoException | undefined;
  for (const address of addressesFor(host)) {
    server.listen(port, address);
    try {
      await once(server, 'listening');
      return address;
    } catch (cause) {
      const absent = ABSENT.includes((cause as NodeJS.ErrnoException).code ?? '');
      first = absent ? (first ?? (cause as NodeJS.ErrnoException)) : (cause as NodeJS.ErrnoException);
      if (!absent) break;
    }
  }
  const why = listenAdvice(first as NodeJS.ErrnoException, addressesHere());
  throw new CannotListenError(`cannot listen on ${host}:${port}: ${why}`, { cause: first });
}

/** What to type into a browser on this machine. */
function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function close(server: Server, connections: Connections, timeoutMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await sleep(Math.min(ON_THEIR_WAY_MS, timeoutMs / 2));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  connections.closeUnused();
  await closed;
  clearTimeout(cut);
}
