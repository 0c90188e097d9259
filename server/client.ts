import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';

/** Whoever sent a request, and may close the connection before the answer. */
export type Client = {
  readonly gone: boolean;
  /** @returns ends the listening */
  onGone(listener: () => void): () => void;
};

/**
 * The client of a request. It is heard at the connection itself where there is one: making a signal for each request
 * costs more than reading its headers.
 */
export function clientOf(c: Context): Client {
  const { outgoing } = connectionOf(c);
  if (!outgoing) return clientBehind(c.req.raw.signal);
  return {
    get gone() {
      return outgoing.destroyed;
    },
    onGone(listener) {
      outgoing.once('close', listener);
      return () => outgoing.off('close', listener);
    },
  };
}

export const clientBehind = (signal: AbortSignal): Client => ({
  get gone() {
    return signal.aborted;
  },
  onGone(listener) {
    signal.addEventListener('abort', listener, { once: true });
    return () => signal.removeEventListener('abort', listener);
  },
});

/** The request and the answer as Node has them; both are missing where the app is called without a connection. */
export const connectionOf = (c: Context): { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse } =>
  c.env ?? {};
