import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import type { PawlError } from '../../events/errors.ts';
import type { AppContext } from '../context.ts';
import { ShuttingDownError } from '../inference/errors.ts';
import { problemAnswers } from '../openapi.ts';
import { problemResponse } from '../problems.ts';
import { ModelNotReadyError } from '../swap.ts';

const Live = z.strictObject({ status: z.literal('live') });
const Ready = z.strictObject({
  status: z.literal('ready'),
  problem: z.string().nullable().meta({
    description:
      'code of the reason why the server does not follow main and answers with the version it had; null if it follows',
  }),
});

const live = createRoute({
  method: 'get',
  path: '/health/live',
  summary: 'Whether the process works. If not, restart it.',
  tags: ['health'],
  responses: {
    200: { description: 'the process works', content: { 'application/json': { schema: Live } } },
  },
});

const ready = createRoute({
  method: 'get',
  path: '/health/ready',
  summary: 'Whether the server can answer predictions. If not, send them to another server.',
  tags: ['health'],
  responses: {
    200: { description: 'the server can answer', content: { 'application/json': { schema: Ready } } },
    ...problemAnswers(503),
  },
});

/** Why no prediction would be answered now, or null. Any client may ask, so only the error's code is shown. */
export function notReady({ live, state, draining }: AppContext): PawlError | null {
  if (draining()) return new ShuttingDownError('the server is stopping: ask another one');
  const { problem } = state();
  if (live.engine && live.engine.health.usable > 0) return null;
  if (live.engine) return new ModelNotReadyError('no worker is up: a new one is being started');
  if (problem) return new ModelNotReadyError(`no model is loaded (${problem.code}): the server's log says more`);
  return new ModelNotReadyError(
    state().settled ? 'main has no version of the model yet: promote one' : 'the version in production is being loaded',
  );
}

/** `GET /health/live` and `GET /health/ready`, for probes. */
export function healthRoutes(app: OpenAPIHono, context: AppContext): void {
  app.openapi(live, (c) => c.json({ status: 'live' as const }, 200));
  app.openapi(ready, (c) => {
    const reason = notReady(context);
    if (reason) return problemResponse(c, reason) as never;
    return c.json({ status: 'ready' as const, problem: context.state().problem?.code ?? null }, 200);
  });
}
