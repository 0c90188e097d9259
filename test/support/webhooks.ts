import { createHmac } from 'node:crypto';
import type { Hooks } from '../../server/hooks/hooks.ts';

export const SECRET = 'a secret of more than sixteen characters';

export const hmac = (body: string | Uint8Array, secret = SECRET): string =>
  createHmac('sha256', secret).update(body).digest('hex');

/** The parts of a webhook; those that are left out are valid. */
export type Sent = {
  readonly event?: string;
  readonly delivery?: string;
  /** The repository it is about; `body` wins. */
  readonly about?: string;
  readonly body?: string | Uint8Array;
  readonly secret?: string;
  /** Replaces or (undefined) removes headers. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

export const pushTo = (fullName: string, after = '1'.repeat(40)): string =>
  JSON.stringify({ ref: 'refs/heads/main', after, repository: { id: 1, full_name: fullName } });

let deliveries = 0;

/** A webhook as GitHub sends it. */
export function githubHook({ event = 'push', delivery, about = 'org/registry', secret, headers, ...sent }: Sent = {}) {
  const body = sent.body ?? pushTo(about);
  const all: Record<string, string | undefined> = {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': delivery ?? `delivery-${deliveries++}`,
    'x-hub-signature-256': `sha256=${hmac(body, secret)}`,
    ...headers,
  };
  return request(body, all);
}

/** A webhook as Gitea sends it. */
export function giteaHook({ event = 'push', delivery, about = 'org/registry', secret, headers, ...sent }: Sent = {}) {
  const body = sent.body ?? pushTo(about);
  const all: Record<string, string | undefined> = {
    'content-type': 'application/json',
    'x-gitea-event': event,
    'x-gitea-delivery': delivery ?? `delivery-${deliveries++}`,
    'x-gitea-signature': hmac(body, secret),
    ...headers,
  };
  return request(body, all);
}

function request(body: string | Uint8Array, headers: Readonly<Record<string, string | undefined>>): RequestInit {
  const given = Object.entries(headers).filter((h): h is [string, string] => h[1] !== undefined);
  return { method: 'POST', body: body as string, headers: Object.fromEntries(given) };
}

/** Hooks that count their calls. */
export function countingHooks(over: Partial<Hooks> = {}) {
  const seen = { registry: 0, training: 0 };
  const hooks: Hooks = {
    secret: SECRET,
    registry: 'org/registry',
    training: 'org/training',
    onRegistry: () => seen.registry++,
    onTraining: () => seen.training++,
    ...over,
  };
  return { hooks, seen };
}
