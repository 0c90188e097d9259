const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

type Fetch = typeof globalThis.fetch;

/**
 * `fetch` with a time limit. It follows no redirect, so that no other host gets the token, and reads no more of an
 * answer than Pawl could use.
 */
export function boundedFetch({
  fetch,
  timeoutMs,
  maxBytes = MAX_ANSWER_BYTES,
}: {
  fetch: Fetch;
  timeoutMs: number;
  maxBytes?: number;
}): Fetch {
  return async (input, init) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const response = await fetch(input, { ...init, signal, redirect: 'manual' });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    const { status, statusText, headers } = response;
    const empty = status === 204 || status === 205 || status === 304;
    return new Response(empty ? null : Buffer.concat(chunks), { status, statusText, headers });
  };
}
