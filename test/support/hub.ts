import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A fault is called before each answer; true means that it has answered itself. */
export type HubFault = (request: IncomingMessage, response: ServerResponse, path: string) => boolean;

export type HubDouble = {
  readonly endpoint: string;
  /** `METHOD path range` of each request so far. */
  readonly requests: string[];
  files: Record<string, Buffer>;
  /** Files that are listed as large ones, with a SHA-256. */
  large: string[];
  commit: string;
  fault: HubFault;
  close(): Promise<void>;
};

const gitId = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** A local Hugging Face hub with one model, `someone/tiny`, on branch main. */
export async function hubDouble(files: Record<string, Buffer>): Promise<HubDouble> {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] as string);
    double.requests.push(`${request.method} ${path} ${request.headers.range ?? ''}`.trim());
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!double.fault(request, response, path)) answer(path, Buffer.concat(chunks), request, response);
  });
  const answer = (path: string, body: Buffer, request: IncomingMessage, response: ServerResponse) => {
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (/^\/api\/models\/someone\/tiny\/revision\/(?:main|[0-9a-f]{40})$/.test(path))
      return json({ _id: '1', id: 'someone/tiny', sha: double.commit, lastModified: '2020-01-01T00:00:00Z' });
    if (path === `/api/models/someone/tiny/paths-info/${double.commit}`) {
      const { paths } = JSON.parse(body.toString('utf8')) as { paths: string[] };
      return json(paths.filter((name) => double.files[name]).map((name) => listed(name)));
    }
    const name = path.replace(/^\/elsewhere/, '').replace(`/someone/tiny/resolve/${double.commit}/`, '');
    const bytes = double.files[name];
    if (!bytes) return response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    // Large files are elsewhere, as those of the real hub.
    if (double.large.includes(name) && !path.startsWith('/elsewhere/'))
      return response.writeHead(302, { location: `/elsewhere/someone/tiny/resolve/${double.commit}/${name}` }).end();
    send(bytes, request, response);
  };
  const listed = (path: string) => {
    const bytes = double.files[path] as Buffer;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const large = double.large.includes(path) ? { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } } : {};
    return { path, type: 'file', size: bytes.length, oid: gitId(bytes), ...large };
  };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const double: HubDouble = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    files,
    large: ['model.safetensors'],
    commit: 'c'.repeat(40),
    fault: () => false,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
  return double;
}

function send(bytes: Buffer, { headers }: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': bytes.length - from,
    ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  response.end(bytes.subarray(from));
}
