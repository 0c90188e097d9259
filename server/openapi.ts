import type { OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { Problem } from './problems.ts';

/** A JSON answer of a route. */
export const jsonAnswer = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
});

/** Headers of a prediction: the version that made it. */
export const ProvenanceHeaders = z.object({
  'pawl-model': z.string().meta({ description: 'name and version of the model that answered', example: 'sentiment/3' }),
  'pawl-manifest': z.string().meta({ description: 'digest of its manifest in the registry' }),
  'pawl-commit': z.string().meta({ description: "tip of the registry's main that had it in production" }),
});

const MEANING = {
  400: 'the body is not UTF-8 or not JSON',
  401: 'the signature is missing or wrong',
  404: 'the server accepts no webhooks',
  413: 'the body is too large',
  415: 'the body is not sent as JSON',
  422: 'the body is not what the path expects, or a text cannot be classified',
  421: 'the request is for a host name that is not in server.hosts',
  429: 'the server is busy and rejects the request',
  500: 'the model or the server failed',
  503: 'no model is loaded, or the server is stopping or overloaded',
  504: 'the answer was not ready in time',
} as const satisfies Record<number, string>;
type ProblemStatus = keyof typeof MEANING;

type ProblemAnswer = { description: string; content: { 'application/problem+json': { schema: typeof Problem } } };

/** The problems a route may answer with. */
export function problemAnswers<S extends ProblemStatus>(...statuses: S[]): Record<S, ProblemAnswer> {
  const content = { 'application/problem+json': { schema: Problem } };
  const answers = statuses.map((status): [S, ProblemAnswer] => [status, { description: MEANING[status], content }]);
  return Object.fromEntries(answers) as Record<S, ProblemAnswer>;
}

/** Describes a body that the route reads itself, strictly and within the limits (`readJson`). */
export function jsonBody(app: OpenAPIHono, name: string, schema: z.ZodType) {
  app.openAPIRegistry.register(name, schema);
  const reference = { $ref: `#/components/schemas/${name}` };
  return { required: true, content: { 'application/json': { schema: reference } } };
}

/** `GET /openapi.json`, made once from the routes that were registered before. */
export function openApiRoute(app: OpenAPIHono, model: string): void {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Pawl server',
      version: '1',
      description: `Predictions of the model "${model}" in the version that its registry has in production.`,
    },
  });
  app.get('/openapi.json', (c) => c.json(document));
}
