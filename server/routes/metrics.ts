import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppContext } from '../context.ts';

const route = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Counters and gauges in the text format of Prometheus',
  tags: ['health'],
  responses: { 200: { description: 'all metrics', content: { 'text/plain': { schema: z.string() } } } },
});

/** `GET /metrics`, for Prometheus. */
export function metricsRoute(app: OpenAPIHono, { metrics }: AppContext): void {
  app.openapi(route, async (c) => c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }) as never);
}
