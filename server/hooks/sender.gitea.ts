import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Sender } from './sender.ts';

/** Gitea and Forgejo: the same HMAC as GitHub's, as hex without the name of its algorithm. Octokit would refuse it. */
export const gitea: Sender = {
  name: 'Gitea',
  eventHeader: 'x-gitea-event',
  deliveryHeader: 'x-gitea-delivery',
  signatureHeader: 'x-gitea-signature',
  signature: /^[0-9a-f]{64}$/,
  verify: async (secret, body, signature) => {
    const right = createHmac('sha256', secret).update(body).digest();
    const given = Buffer.from(signature, 'hex');
    return given.length === right.length && timingSafeEqual(given, right);
  },
  events: new Set([
    'pull_request',
    'pull_request_approved',
    'pull_request_rejected',
    'pull_request_comment',
    'pull_request_sync',
    'pull_request_review_approved',
    'pull_request_review_rejected',
    'status',
  ]),
};
