import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export type ProxyDouble = {
  /** Without user and password. */
  readonly url: string;
  /** What it was asked for: `CONNECT host:port`, or method and address. */
  readonly seen: string[];
  /** How often it said no. */
  readonly refused: number;
  /** The same, as a variable names it, with its user and password. */
  readonly named: string;
  close(): Promise<void>;
};

/**
 * A forward proxy (RFC 9110, 7.3 and 9.3.6): takes requests by their whole address, opens tunnels, and keeps what is for it
 * from the origin.
 *
 * @param login `user:password` that it wants, else it answers 407
 * @param hosts names that are known to nobody else, and their ports on this machine
 */
export async function startProxyDouble({
  login = null,
  hosts = {},
}: {
  login?: string | null;
  hosts?: Record<string, number>;
} = {}): Promise<ProxyDouble> {
  const [seen, sockets] = [[] as string[], new Set<Duplex>()];
  let refused = 0;
  const wanted = login === null ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const mayPass = ({ headers }: IncomingMessage): boolean => {
    const passes = wanted === undefined || headers['proxy-authorization'] === wanted;
    if (!passes) refused++;
    return passes;
  };
  const placeOf = (host: string, port: string) => {
    const known = hosts[host];
    return known === undefined ? { host, port: Number(port) } : { host: '127.0.0.1', port: known };
  };

  const server = createServer((request, response) => {
    if (!mayPass(request)) return response.writeHead(407, { 'proxy-authenticate': 'Basic realm="double"' }).end();
    if (!URL.canParse(request.url ?? '')) return response.writeHead(400).end('this is a proxy');
    seen.push(`${request.method} ${request.url}`);
    passOn(request, response, placeOf);
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    sockets.add(socket);
    if (!mayPass(request)) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    seen.push(`CONNECT ${request.url}`);
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(request.url ?? '') ?? [];
    const origin = connect(placeOf(host, port), () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      origin.write(head);
      origin.pipe(socket).pipe(origin);
    });
    origin.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
    origin.on('close', () => socket.destroy());
    sockets.add(origin);
    return;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${at}`,
    named: login === null ? `http://${at}` : `http://${login}@${at}`,
    seen,
    get refused() {
      return refused;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  placeOf: (host: string, port: string) => { host: string; port: number },
): void {
  const { hostname, port, pathname, search } = new URL(request.url ?? '');
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers;
  const { method } = request;
  const onward = send(
    { ...placeOf(hostname, port || '80'), method, path: `${pathname}${search}`, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
