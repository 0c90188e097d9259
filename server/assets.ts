import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A file that pages load; `etag` changes with its bytes. */
export type Asset = { readonly type: string; readonly bytes: Buffer; readonly etag: string };

/** The files lie beside the sources, because the compiler does not copy them. */
const FOLDER = new URL('../../server/page/', import.meta.url);

const TYPES = {
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

/** Reads the files that pages load, by name. */
export function readAssets(): ReadonlyMap<string, Asset> {
  return new Map(
    Object.entries(TYPES).map(([name, type]) => {
      const bytes = readFileSync(new URL(name, FOLDER));
      return [name, { type, bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` }];
    }),
  );
}
