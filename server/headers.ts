import type { ServerResponse } from 'node:http';
import type { Context } from 'hono';

/**
 * Sets headers of the answer, at the connection itself where there is one: a web `Headers` costs more than a small
 * answer. Headers that the answer sets itself win.
 */
export function setHeaders(c: Context, headers: Readonly<Record<string, string>>): void {
  const { outgoing } = (c.env ?? {}) as { outgoing?: ServerResponse };
  for (const [name, value] of Object.entries(headers))
    if (outgoing) outgoing.setHeader(name, value);
    else c.header(name, value);
}
