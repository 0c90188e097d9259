import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from './world.ts';

/**
 * Bytes of an asset, as the store behind GitHub serves them: ranges on request, and never with GitHub's credentials.
 */
export function download(world: World, { url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const id = Number(url.split('?')[0]?.split('/')[2]);
  const assets = [...world.repos.values()].flatMap((r) => r.releases).flatMap((r) => r.assets);
  const asset = assets.find((a) => a.id === id && a.state === 'uploaded');
  if (headers.authorization) return void response.writeHead(400).end('Only one authentication mechanism is allowed');
  if (!asset) return void response.writeHead(404).end();
  const { length } = asset.bytes;
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const type = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  if (from === '') return void response.writeHead(200, { ...type, 'content-length': length }).end(asset.bytes);
  const [start, end] = [Number(from), Math.min(to === '' ? length - 1 : Number(to), length - 1)];
  if (start > end) return void response.writeHead(416, { 'content-range': `bytes */${length}` }).end();
  const part = asset.bytes.subarray(start, end + 1);
  response
    .writeHead(206, { ...type, 'content-length': part.length, 'content-range': `bytes ${start}-${end}/${length}` })
    .end(part);
}

/** What an upload that broke off leaves at GitHub: an unusable asset of the same name, which blocks the name. */
export function leaveStarter(world: World, path: string, url: string): void {
  const [, owner, repo, release] = /^\/repos\/([^/]+)\/([^/]+)\/releases\/(\d+)\/assets$/.exec(path) ?? [];
  const found = world.repo(`${owner}/${repo}`)?.releases.find((r) => r.id === Number(release));
  const name = new URL(url, 'http://x').searchParams.get('name');
  if (!found || !name || found.assets.some((a) => a.name === name)) return;
  const common = { label: null, contentType: 'application/octet-stream', createdAt: world.time() };
  found.assets.push({
    ...common,
    id: world.id(),
    name,
    bytes: Buffer.alloc(0),
    state: 'starter',
    uploader: found.author,
  });
}
