import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type Origin = {
  readonly port: number;
  readonly requests: readonly Pick<IncomingMessage, 'method' | 'url' | 'headers'>[];
  close(): Promise<void>;
};

/** A web server that keeps what is put, answers with it, and notes what it was asked. @param tls its key and certificate, in PEM */
export async function startOrigin(tls?: { key: string; cert: string }): Promise<Origin> {
  const requests: Origin['requests'][number][] = [];
  const kept = new Map<string, Buffer>();
  const answer: RequestListener = async (request, response) => {
    const { method, url = '', headers } = request;
    requests.push({ method, url, headers });
    const [path = ''] = url.split('?');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (method === 'PUT') {
      kept.set(path, Buffer.concat(chunks));
      return response.writeHead(200, { etag: '"1"' }).end();
    }
    // A bucket is asked for a list.
    if (url.includes('list-type'))
      return response.writeHead(200, { 'content-type': 'application/xml' }).end('<ListBucketResult/>');
    const bytes = kept.get(path);
    if (!bytes) return response.writeHead(404).end();
    response.writeHead(200, { 'content-length': bytes.length });
    return response.end(method === 'HEAD' ? undefined : bytes);
  };
  const server = tls ? createSecureServer(tls, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
