import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { RequestError } from './problems.ts';

/**
 * Paths that answer under any name. Probes ask for health by the address of a pod or by any name, and get only a code.
 * A webhook is trusted by its signature, which no page can make.
 */
const OPEN = /^\/(?:health|webhooks)\//;

/**
 * Refuses requests under names that are not this server's. A page that a browser loaded from `evil.example` can let
 * that name point to this machine (DNS rebinding), and then reads from this server as if it were its own; but the
 * browser still sends the name in `Host`. A numeric address cannot be pointed elsewhere, so it is accepted, and so is
 * `localhost`. The port does not count, because a proxy or a published port of a container has another one.
 *
 * @param names further names of the server
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
