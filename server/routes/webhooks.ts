import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { checkAnnounced, parseJson, readBytes, requireJson } from '../body.ts';
import type { AppContext } from '../context.ts';
import { Held } from '../held.ts';
import { Deliveries } from '../hooks/deliveries.ts';
import type { Hooks } from '../hooks/hooks.ts';
import { aboutOf, WebhookPayload } from '../hooks/payload.ts';
import { gitea } from '../hooks/sender.gitea.ts';
import { github } from '../hooks/sender.github.ts';
import type { Sender } from '../hooks/sender.ts';
import { ShuttingDownError } from '../inference/errors.ts';
import { jsonAnswer, jsonBody, problemAnswers } from '../openapi.ts';
import { RequestError } from '../problems.ts';

/** GitHub sends up to 25 MB. A larger hint than this is lost; the regular check replaces it. */
const MOST_BYTES = 1_048_576;
/**
 * A limit on all webhooks together, apart from predictions, so that a flood of webhooks takes no room from predictions.
 */
const HELD_BYTES = 8 * MOST_BYTES;

const TOO_LARGE = `a webhook may have ${MOST_BYTES} bytes: nothing is lost, the server looks for news by itself, too`;

const WebhookAnswer = z
  .strictObject({
    result: z.enum(['accepted', 'duplicate', 'ignored']),
    detail: z.string().meta({ description: 'for people' }),
  })
  .openapi('WebhookAnswer');
type WebhookAnswer = z.infer<typeof WebhookAnswer>;

/** `POST /webhooks/github` and `POST /webhooks/gitea`: signed hints to check a repository now. */
export function webhookRoutes(app: OpenAPIHono, context: AppContext): void {
  const held = new Held(HELD_BYTES);
  const body = jsonBody(app, 'WebhookPayload', WebhookPayload);
  for (const [path, sender] of [
    ['/webhooks/github', github],
    ['/webhooks/gitea', gitea],
  ] as const) {
    const deliveries = new Deliveries();
    const route = createRoute({
      method: 'post',
      path,
      summary: `A signed hint from ${sender.name} that a repository has changed`,
      description: `Headers: ${sender.signatureHeader}, ${sender.deliveryHeader}, ${sender.eventHeader}. The server does not believe the body. It checks the repository itself, in a background task after it has answered.`,
      tags: ['webhooks'],
      request: { body },
      responses: {
        202: jsonAnswer('heard; the work comes after the answer', WebhookAnswer),
        ...problemAnswers(400, 401, 404, 413, 415, 422, 429, 503),
      },
    });
    app.openapi(route, async (c) => c.json(await take(c, { context, held, sender, deliveries }), 202));
  }
}

type Taking = {
  readonly context: AppContext;
  readonly held: Held;
  readonly sender: Sender;
  readonly deliveries: Deliveries;
};

async function take(c: Context, { context, held, sender, deliveries }: Taking): Promise<WebhookAnswer> {
  const { hooks, draining, log } = context;
  if (!hooks)
    throw new RequestError('webhooks_off', 'this server takes no webhooks: start it with PAWL_SECRET_WEBHOOK set');
  if (draining()) throw new ShuttingDownError('the server is stopping');
  requireJson(c, "set the webhook's content type to application/json, and send the body as it is");
  const signature = signatureOf(c, sender);
  checkAnnounced(c, MOST_BYTES, TOO_LARGE);
  const payload = await held.while(async (share) => {
    const bytes = await readBytes(c, MOST_BYTES, share, TOO_LARGE);
    if (!(await sender.verify(hooks.secret, bytes, signature)))
      throw new RequestError(
        'signature_wrong',
        'the signature does not fit the body: the webhook needs the secret that is in PAWL_SECRET_WEBHOOK',
      );
    return parseJson(bytes, WebhookPayload);
  });
  const [event, delivery] = [token(c, sender.eventHeader), token(c, sender.deliveryHeader)];
  if (!deliveries.take(delivery)) return { result: 'duplicate', detail: 'this delivery was taken before' };
  const about = aboutOf(sender, event, payload, hooks);
  if (!about.registry && !about.training) return { result: 'ignored', detail: whyIgnored(event) };
  log.info({ event, delivery, ...about }, 'a webhook asks to look');
  hint(hooks, about);
  return { result: 'accepted', detail: `looking at ${about.registry ? 'the registry' : 'the training repository'}` };
}

function hint(hooks: Hooks, { registry, training }: { registry: boolean; training: boolean }): void {
  if (registry) hooks.onRegistry();
  if (training) hooks.onTraining();
}

/** @throws {RequestError} for what cannot be a signature, before anything is read */
function signatureOf(c: Context, { signatureHeader, signature }: Sender): string {
  const given = c.req.header(signatureHeader);
  if (given !== undefined && signature.test(given)) return given;
  throw new RequestError(
    'signature_wrong',
    `${signatureHeader} is ${given === undefined ? 'missing' : 'no signature'}: give the webhook the secret that is in PAWL_SECRET_WEBHOOK`,
  );
}

/** A header that names something. It is not signed, so it is used only as a name. @throws {RequestError} */
function token(c: Context, header: string): string {
  const value = c.req.header(header) ?? '';
  if (/^[A-Za-z0-9_.-]{1,100}$/.test(value)) return value;
  throw new RequestError('invalid_delivery', `${header} is missing or malformed: send what the forge sends`);
}

const whyIgnored = (event: string): string =>
  event === 'ping' ? 'the signature is right' : 'about nothing that this server looks at';
