import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { PawlError } from '../events/errors.ts';
import type { ServerOptions } from './options.ts';

/** Longer than load balancers keep connections (60 s is usual), so that it is never us who hang up on a request. */
const KEEP_ALIVE_MS = 65_000;

/** The address cannot be listened on. */
export class CannotListenError extends PawlError {
  readonly code = 'cannot_listen';
}

export type Listener = {
  readonly url: string;
  readonly port: number;
  /** Accepts nothing new, lets what runs end, and after the deadline cuts it off. Never fails. */
  readonly close: (timeoutMs: number) => Promise<void>;
};

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there: stop it, or choose another port (0 takes any free one)',
  EACCES: 'this user may not: choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address: use 127.0.0.1, or 0.0.0.0 for every network',
  ENOTFOUND: 'no such host: use an address of this machine',
};

/** @throws {CannotListenError} */
export async function listen(
  app: Pick<OpenAPIHono, 'fetch'>,
  options: Pick<ServerOptions, 'host' | 'port' | 'bodyMs'>,
): Promise<Listener> {
  const { host, port, bodyMs } = options;
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname: host,
    serverOptions: {
      requestTimeout: bodyMs,
      headersTimeout: bodyMs,
      connectionsCheckingInterval: Math.max(50, Math.min(bodyMs / 4, 5000)),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new CannotListenError(`cannot listen on ${host}:${port}: ${REASONS[code] ?? message}`, { cause });
  }
  const { port: actual } = server.address() as AddressInfo;
  return { url: urlOf(host, actual), port: actual, close: (timeoutMs) => close(server, sockets, timeoutMs) };
}

/** What to type into a browser on this machine. */
function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://localhost:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function close(server: Server, sockets: Iterable<Socket>, timeoutMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // Browsers open connections in advance; node counts those as busy until their first request has ended.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  await closed;
  clearTimeout(cut);
}
