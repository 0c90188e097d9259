import autocannon, { type Result } from 'autocannon';

/** What a server did under load. */
export type Load = {
  readonly perSecond: number;
  /** Milliseconds that 50 % and 99 % of the requests took at most. */
  readonly p50: number;
  readonly p99: number;
};

/**
 * Opens so many connections. Each sends the next request as soon as it has its answer, with one text after the other.
 *
 * @throws {Error} if any request fails or is refused: figures of errors mean nothing
 */
export async function load(
  url: string,
  texts: readonly string[],
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<Load> {
  const headers = { 'content-type': 'application/json' };
  const times: number[] = [];
  const { requests, errors, timeouts, non2xx } = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon(
      {
        ...{ url: `${url}/predict`, connections, duration: seconds },
        requests: texts.map((text) => ({ method: 'POST', headers, body: JSON.stringify({ text }) })),
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
    // Autocannon's own histogram has whole milliseconds only.
    instance.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
  });
  const failed = errors + timeouts + non2xx;
  if (failed > 0) throw new Error(`${failed} of ${requests.total} requests to ${url} were not answered with 2xx`);
  times.sort((a, b) => a - b);
  const share = (of: number) => times[Math.min(times.length - 1, Math.floor(of * times.length))] ?? Number.NaN;
  return { perSecond: times.length / seconds, p50: share(0.5), p99: share(0.99) };
}
