import type { OpenAPIHono } from '@hono/zod-openapi';
import { readAssets } from '../assets.ts';
import type { AppContext } from '../context.ts';
import { page } from '../page/page.ts';
import { RequestError } from '../problems.ts';
import { notReady } from './health.ts';

/** The page may load its own files and call its own server, and nothing else. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /` for people, and the files it loads. */
export function pageRoutes(app: OpenAPIHono, context: AppContext): void {
  const assets = readAssets();
  app.get('/', (c) => {
    const { name, live, state, limits } = context;
    const reason = notReady(context)?.message ?? null;
    c.header('content-security-policy', PAGE_POLICY);
    return c.html(page({ name, model: live.facts, state: state(), reason, limits }));
  });
  app.get('/assets/:file', (c) => {
    const asset = assets.get(c.req.param('file'));
    if (!asset) throw new RequestError('not_found', 'there is no such file');
    c.header('cache-control', 'no-cache');
    c.header('etag', asset.etag);
    if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304);
    return c.body(new Uint8Array(asset.bytes), 200, { 'content-type': asset.type });
  });
}
