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
  bodyBytes: count('largest request body, bytes', 1_048_576, 1_073_741_824),
  textCharacters: count('longest text, Unicode code points', 100_000, 100_000_000),
  batchTexts: count('most texts in one request to /predict/batch', 256, 100_000),
  queueTexts: count('most texts waiting for a worker; beyond that requests get 429', 1024, 1_000_000),
  heldBytes: count(
    'most bytes of request bodies held at once, those that have come; beyond that requests get 429',
    67_108_864,
    2 ** 40,
  ),
  connections: count(
    'most connections; one more takes the place of the one that kept waiting longest',
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
    .describe('address to listen on; 0.0.0.0 for every network, :: with IPv6 too'),
  hosts: z
    .array(z.string().regex(HOST_NAME, 'a name as in an address, without scheme and port; or * for any'))
    .max(100)
    .default([])
    .describe(
      'names that this server is reached by, beside localhost, server.host and any address in figures; requests under others get 421. `*` takes all: only behind a proxy that checks',
    ),
  port: z.int().min(0).max(65_535).default(7295).describe('port to listen on; 0 for any free one'),
  instance: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'use 1 to 64 lower-case letters, digits and inner dashes')
    .default('local')
    .describe('name of this server in the log; several servers have different ones'),
  pollMs: milliseconds('how often the registry is asked for news, give or take a fifth', 10_000, 10),
  reconcileMs: milliseconds(
    'how often the server looks for what was left half done and for pushes whose webhook was lost; 0 for never',
    300_000,
    0,
  ),
  workers: count('processes that run the model, each with it loaded', 1, 256),
  threads: count('threads that one worker computes with; workers times threads should not exceed the cores', 1, 256),
  batchCharacters: count('texts are computed together up to this many characters', 16_384, 100_000_000),
  limits: Limits.prefault({}).describe('what a request may ask for'),
  deadlineMs: milliseconds('a prediction not ready after this is given up', 10_000),
  hungMs: milliseconds('a worker silent for this long is killed and replaced', 30_000),
  loadMs: milliseconds('a model must be loaded and tested within this', 300_000),
  headersMs: milliseconds('the headers of a request must have arrived within this', 10_000, 100),
  bodyMs: milliseconds('a request must have arrived within this', 15_000, 100),
  trafficWindowMs: milliseconds('how often traffic is written to the log', 60_000, 10),
  shutdownMs: milliseconds('what is running may take this long to end when the server stops', 10_000),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least severe messages to print; every request at debug'),
});
export type ServerOptions = z.infer<typeof ServerOptions>;
