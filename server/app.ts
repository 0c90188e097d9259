import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, Next } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { routePath } from 'hono/route';
import type { AppContext } from './context.ts';
import { setHeaders } from './headers.ts';
import { checkHost } from './host.ts';
import { openApiRoute } from './openapi.ts';
import { isKnown, problemResponse, RequestError } from './problems.ts';
import { healthRoutes } from './routes/health.ts';
import { metricsRoute } from './routes/metrics.ts';
import { modelRoute } from './routes/model.ts';
import { pageRoutes } from './routes/page.ts';
import { predictRoutes } from './routes/predict.ts';
import { webhookRoutes } from './routes/webhooks.ts';

/** Headers of every answer; the page sets a looser policy for itself. */
const SECURITY_HEADERS = Object.entries({
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
});

/** Where an error was thrown, without its message: the message may quote a request. */
const frames = (error: unknown): string[] =>
  (error instanceof Error ? (error.stack ?? '') : '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());

/** The server's interface as a function from request to response. `main.ts` listens. */
export function createApp(context: AppContext): OpenAPIHono {
  const { draining, hosts, log } = context;
  const app = new OpenAPIHono();

  app.use(async (c: Context, next: Next) => {
    const started = performance.now();
    setHeaders(c, SECURITY_HEADERS);
    await next();
    if (draining()) setHeaders(c, [['connection', 'close']]); // else a client would reuse it after the stop
    const ms = Math.round(performance.now() - started);
    log.debug({ method: c.req.method, route: routePath(c, -1), status: c.res.status, ms }, 'answered');
  });
  app.use(checkHost(hosts));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const allow = methods.join(', ');
        return problemResponse(c, new RequestError('method_not_allowed', `this path takes ${allow}`), { allow });
      },
    }),
  );

  healthRoutes(app, context);
  metricsRoute(app, context);
  modelRoute(app, context);
  predictRoutes(app, context);
  webhookRoutes(app, context);
  openApiRoute(app, context.name);
  pageRoutes(app, context);

  app.notFound((c) =>
    problemResponse(c, new RequestError('not_found', 'there is no such path: GET /openapi.json lists them')),
  );
  app.onError((error, c) => {
    if (!isKnown(error))
      log.error({ name: error.name, at: frames(error), route: routePath(c, -1) }, 'a request failed');
    return problemResponse(c, error);
  });
  return app;
}
