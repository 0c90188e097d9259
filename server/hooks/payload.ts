import { z } from '@hono/zod-openapi';
import type { Hooks } from './hooks.ts';
import type { Sender } from './sender.ts';

/** The only part of a webhook that is read. The rest is dropped. */
export const WebhookPayload = z.object({
  repository: z.object({ full_name: z.string().min(1).max(300) }).optional(),
});
export type WebhookPayload = z.infer<typeof WebhookPayload>;

/** What a webhook is about, as far as the server needs it. */
export type About = { readonly registry: boolean; readonly training: boolean };

const same = (a: string | null, b: string | undefined): boolean =>
  a !== null && b !== undefined && a.toLowerCase() === b.toLowerCase();

/** The repositories that a webhook asks to check. Only a push can bring a commit to train on. */
export function aboutOf(sender: Sender, event: string, { repository }: WebhookPayload, hooks: Hooks): About {
  const push = event === 'push';
  const known = push || sender.events.has(event);
  return {
    registry: known && same(hooks.registry, repository?.full_name),
    training: push && same(hooks.training, repository?.full_name),
  };
}
