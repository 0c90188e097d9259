import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

/** What a test knows about the client: how many bytes of the file it has. */
export type Client = { received: number };

/** One answer of the server; the last one given is repeated. */
export type Answer = (request: IncomingMessage, response: ServerResponse, client: Client) => void;

export type FlakyServer = {
  readonly url: string;
  /** The `Range` header of each request so far, '' where there was none. */
  readonly ranges: string[];
  readonly client: Client;
  close(): Promise<void>;
};

/** A local web server that gives the prepared answers one after another. */
export async function flakyServer(...answers: Answer[]): Promise<FlakyServer> {
  const ranges: string[] = [];
  const client: Client = { received: 0 };
  const server = createServer((request, response) => {
    const answer = answers[Math.min(ranges.length, answers.length - 1)] as Answer;
    ranges.push(request.headers.range ?? '');
    answer(request, response, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive.tar.gz`,
    ranges,
    client,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Sends the whole file, or from the requested offset. */
export const whole =
  (bytes: Buffer): Answer =>
  ({ headers }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': rest.length,
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(rest);
  };

/** The same, from a server that does not support ranges. */
export const alwaysWhole =
  (bytes: Buffer): Answer =>
  (_, response) =>
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);

/** Promises the whole file and cuts the connection when the client has `after` bytes more of it. */
export const cut =
  (bytes: Buffer, after: number): Answer =>
  ({ headers }, response, client) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': bytes.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.write(bytes.subarray(from, from + after));
    void until(() => client.received >= from + after).then(() => response.destroy());
  };

/** Ends without an error, but too early: no length was promised. */
export const truncated =
  (bytes: Buffer, after: number): Answer =>
  (_, response) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.end(bytes.subarray(0, after));
  };

export const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end();

/** Sends a beginning and then nothing more. */
export const stalled =
  (bytes: Buffer, after: number): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, after));
  };

/** Answers any range with the beginning. */
export const fromElsewhere =
  (bytes: Buffer): Answer =>
  (_, response) => {
    const range = `bytes 0-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-length': bytes.length, 'content-range': range }).end(bytes);
  };

/** Sends the whole file in so many parts, with a pause between them. */
export const dripping =
  (bytes: Buffer, parts: number, pauseMs: number): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    const size = Math.ceil(bytes.length / parts);
    const send = (start: number): void => {
      response.write(bytes.subarray(start, start + size));
      if (start + size < bytes.length) setTimeout(send, pauseMs, start + size);
      else response.end();
    };
    send(0);
  };
