import * as z from 'zod';

/** A name under which clients reach this server; `*` for any. */
const HOST_NAME =
  /^(?:\*|(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*)$/i;

const count = (description: string, value: number, max: number) =>
  z.int().min(1).max(max).default(value).describe(description);
const milliseconds = (description: string, value: number, min = 1) =>
  z.int().min(min).max(86_400_000).default(value).describe(`${description}, milliseconds`);

/** Limits of one request, and of all requests together. */
export const Limits = z.strictObject({
  bodyBytes: count('max request body, bytes', 1_048_576, 1_073_741_824),
  textCharacters: count('max length of a text, Unicode code points', 100_000, 100_000_000),
  batchTexts: count('max texts in one request to /predict/batch', 256, 100_000),
  queueTexts: count(
    'max texts that wait for a worker; above that the server is busy and rejects requests with 429',
    1024,
    1_000_000,
  ),
  heldBytes: count(
    'max bytes of request bodies in memory, counted as they arrive; above that the server is busy and rejects requests with 429',
    67_108_864,
    2 ** 40,
  ),
  connections: count(
    'max connections; one more replaces the connection that has kept the server waiting longest',
    2048,
    1_000_000,
  ),
});
export type Limits = z.infer<typeof Limits>;

/** All settings of a server: the `server` section of `pawl.yaml`. */
export const ServerOptions = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(255)
    .default('127.0.0.1')
    .describe('address to listen on; 0.0.0.0 for all networks, :: for IPv6 too'),
  hosts: z
    .array(z.string().regex(HOST_NAME, 'a name as in an address, without scheme and port; or * for any'))
    .max(100)
    .default([])
    .describe(
      'host names of this server, in addition to localhost, server.host and any numeric address; requests to other names get 421. `*` accepts all names: use it only behind a proxy that checks them',
    ),
  port: z.int().min(0).max(65_535).default(7295).describe('port to listen on; 0 for any free one'),
  instance: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'use 1 to 64 lower-case letters, digits and inner dashes')
    .default('local')
    .describe('name of this server in the log; each server needs a name of its own'),
  pollMs: milliseconds('how often the server checks the registry, varied by up to a fifth', 10_000, 10),
  reconcileMs: milliseconds(
    'how often the server checks for work that was left half done and for pushes whose webhook was lost; 0 for never',
    300_000,
    0,
  ),
  workers: count('processes that run the model; each loads it', 1, 256),
  threads: count('threads of one worker; workers times threads should not exceed the number of cores', 1, 256),
  batchCharacters: count('max characters of texts that are computed together', 16_384, 100_000_000),
  limits: Limits.prefault({}).describe('limits of requests'),
  deadlineMs: milliseconds('max time for a prediction; after that the request fails', 10_000),
  hungMs: milliseconds('a worker that does not respond for this time is killed and replaced', 30_000),
  loadMs: milliseconds('max time to load and test a model', 300_000),
  headersMs: milliseconds('max time for the headers of a request to arrive', 10_000, 100),
  bodyMs: milliseconds('max time for a whole request to arrive', 15_000, 100),
  trafficWindowMs: milliseconds('how often traffic is written to the log', 60_000, 10),
  shutdownMs: milliseconds('max time for running requests to finish when the server stops', 10_000),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('lowest level of messages to print; debug includes every request'),
});
export type ServerOptions = z.infer<typeof ServerOptions>;
