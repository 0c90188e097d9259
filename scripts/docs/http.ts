import { testApp } from '../../test/support/app.ts';
import { fieldsTable, type JsonSchema, type Lookup } from './fields.ts';
import { code, page, prose, table } from './markdown.ts';

/** What the OpenAPI document cannot say: the document itself, and what is for people. */
const OTHER_ENDPOINTS: Readonly<Record<string, string>> = {
  'GET /openapi.json': 'This interface as an OpenAPI 3.1 document',
  'GET /': 'A page for people: the version that answers and the evidence for it, and a form to try a text',
  'GET /assets/:file': 'The files that the page loads',
};

const RULES = `Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`; see [errors](errors.md). 429 and
503 carry \`Retry-After\`. Texts are never written to the log; traffic is counted in windows.

The server has no authentication and no TLS. It listens on 127.0.0.1 unless \`server.host\` says otherwise. Run it behind a proxy
that has both.`;

type Content = { readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
type Operation = {
  readonly summary?: string;
  readonly description?: string;
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description?: string }>>;
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
};

/** `docs/reference/http.md`: every endpoint, from the server's own OpenAPI document. */
export async function httpPage(notice: string): Promise<string> {
  const { app } = await testApp();
  const { paths, components } = (await (await app.request('/openapi.json')).json()) as Document;
  const lookup: Lookup = (reference) => {
    const found = components.schemas[reference.split('/').at(-1) as string];
    if (!found) throw new Error(`the OpenAPI document has no ${reference}`);
    return found;
  };
  const routes = [...new Set(app.routes.filter((r) => r.method !== 'ALL').map((r) => `${r.method} ${r.path}`))];
  const operationOf = (route: string): Operation | undefined => {
    const [method = '', path = ''] = route.split(' ');
    return paths[path]?.[method.toLowerCase()];
  };
  const overview = routes.map((route) => {
    const described = operationOf(route);
    const statuses = described
      ? Object.keys(described.responses).join(' ')
      : route.includes(':')
        ? '200 304 404'
        : '200';
    return [code(route), described?.summary ?? OTHER_ENDPOINTS[route] ?? '', statuses];
  });
  const parts = routes.flatMap((route) => {
    const operation = operationOf(route);
    return operation ? [endpoint(route, operation, lookup)] : [];
  });
  return page(
    '# HTTP interface',
    notice,
    table(['endpoint', 'what it answers', 'statuses'], overview),
    RULES,
    ...parts,
    '## Problems',
    'The body of every error:',
    fieldsTable(lookup('Problem'), lookup),
  );
}

function endpoint(route: string, { summary, description, requestBody, responses }: Operation, lookup: Lookup): string {
  const body = schemaOf(requestBody);
  const answers = Object.entries(responses).map(([status, { description }]) => [status, prose(description ?? '')]);
  // An endpoint's good answer is described once, by its first status.
  const good = schemaOf(Object.values(responses)[0]);
  return page(
    `## ${route}`,
    prose(summary ?? ''),
    prose(description ?? ''),
    body ? `It takes:\n\n${fieldsTable(body, lookup)}` : '',
    table(['status', 'meaning'], answers),
    good && fieldsTable(good, lookup) ? `The answer:\n\n${fieldsTable(good, lookup)}` : '',
  ).trimEnd();
}

const schemaOf = (holder: Content | undefined): JsonSchema | undefined => holder?.content?.['application/json']?.schema;
