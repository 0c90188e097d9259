import type { Context } from 'hono';
import { connectionOf } from './client.ts';

/** Names and values. A list that is made once costs less than the entries of an object for each answer. */
export type Headers = readonly (readonly [name: string, value: string])[];

/**
 * Sets headers of the answer, at the connection itself where there is one: a web `Headers` costs more than a small
 * answer. Headers that the answer sets itself win.
 */
export function setHeaders(c: Context, headers: Headers): void {
  const { outgoing } = connectionOf(c);
  for (const [name, value] of headers)
    if (outgoing) outgoing.setHeader(name, value);
    else c.header(name, value);
}
