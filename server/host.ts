import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { RequestError } from './problems.ts';

/**
 * Paths that answer whatever the host is called. Probes ask for health by the address of a pod or by any name, and learn only a
 * code; a webhook is believed by its signature, which no page can make.
 */
const OPEN = /^\/(?:health|webhooks)\//;

/**
 * Refuses requests under names that are not this server's. A page that a browser loaded from `evil.example` can have that name
 * point to this machine (DNS rebinding) and then read and ask here as its own server; the browser still says the name in `Host`.
 * An address in figures has no name that could be pointed elsewhere, so it is taken; so is `localhost`. The port does not count,
 * because a proxy or a published port of a container has another one.
 *
 * @param names that the server has besides
 */
export function checkHost(names: readonly string[]): MiddlewareHandler {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return async (c, next) => {
    if (!known.has('*') && !OPEN.test(c.req.path)) {
      const name = nameIn(c.req.header('host') ?? new URL(c.req.url).host);
      if (name === null || (isIP(name) === 0 && !known.has(name)))
        throw new RequestError('host_unknown', 'this server does not go by that name: add it to server.hosts');
    }
    await next();
  };
}

/** The name or address in a `Host`, without port, brackets and final dot; null if it is none. */
export function nameIn(host: string): string | null {
  const [, literal, name] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+?)\.?)(?::\d*)?$/i.exec(host) ?? [];
  if (literal !== undefined) return isIP(literal) === 6 ? literal : null;
  return name?.toLowerCase() ?? null;
}
