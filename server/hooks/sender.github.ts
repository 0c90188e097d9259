import { verify } from '@octokit/webhooks-methods';
import type { Sender } from './sender.ts';

/** Decodes without changing a byte: invalid UTF-8 throws, and a byte order mark stays, because it was signed too. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** GitHub. The older header `x-hub-signature`, which is SHA-1, is not accepted. */
export const github: Sender = {
  name: 'GitHub',
  eventHeader: 'x-github-event',
  deliveryHeader: 'x-github-delivery',
  signatureHeader: 'x-hub-signature-256',
  signature: /^sha256=[0-9a-f]{64}$/,
  verify: async (secret, body, signature) => {
    if (body.length === 0) return false; // Octokit would throw
    let text: string;
    try {
      text = decoder.decode(body);
    } catch {
      return false; // GitHub sends JSON, which is UTF-8
    }
    return verify(secret, text, signature);
  },
  events: new Set(['pull_request', 'pull_request_review', 'status']),
};
