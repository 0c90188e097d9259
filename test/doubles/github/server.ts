import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, notFound, Refusal } from './answers.ts';
import { download, leaveStarter } from './downloads.ts';
import type { FaultKind, Faults } from './faults.ts';
import { serveGit } from './git-http.ts';
import { actorOf, checkAccess } from './identity.ts';
import { needOf } from './needs.ts';
import { Description, faultsOf } from './openapi.ts';
import type { Context, Routes } from './route.ts';
import { issueRoutes } from './routes/issues.ts';
import { mergeRoutes } from './routes/merge.ts';
import { pullRoutes } from './routes/pulls.ts';
import { releaseRoutes } from './routes/releases.ts';
import { repoRoutes } from './routes/repos.ts';
import { reviewRoutes } from './routes/reviews.ts';
import { settingsRoutes } from './routes/settings.ts';
import { userRoutes } from './routes/users.ts';
import type { Repo } from './state.ts';
import type { World } from './world.ts';

const ROUTES: Routes = {
  ...repoRoutes,
  ...pullRoutes,
  ...mergeRoutes,
  ...reviewRoutes,
  ...issueRoutes,
  ...settingsRoutes,
  ...releaseRoutes,
  ...userRoutes,
};
const WITHOUT_REPO = /^(?:apps\/|users\/|meta\/|rate-limit\/|repos\/create-(?:in-org|for-auth))/;

export type Call = {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly actor: string;
  status: number;
};

let description: Description | undefined;

/** Answers the API and git, and records both. */
export class Server {
  readonly calls: Call[] = [];
  /** Requests that GitHub's own description does not allow. */
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #faults: Faults;
  readonly #description: Description;

  constructor(world: World, faults: Faults) {
    this.#world = world;
    this.#faults = faults;
    description ??= new Description();
    this.#description = description;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = (request.url ?? '/').split('?')[0] as string;
    if (/^\/[^/]+\/[^/]+\.git\//.test(path)) return this.#git(request, response, body, path);
    if (path.startsWith('/download/')) return download(this.#world, request, response);
    const method = request.method ?? 'GET';
    const plain = path.replace(/^\/api\/v3/, '').replace(/^\/uploads/, '') || '/';
    const found = this.#description.find(method, plain);
    const call: Call = { operation: found?.operation.id ?? 'unknown', method, path: plain, actor: 'nobody', status: 0 };
    this.calls.push(call);
    const fault = await this.#fault(call.operation, `${method} ${plain}`);
    if (fault === 'drop-before') return void request.socket.destroy();
    const broken = typeof fault === 'string' ? BROKEN[fault] : undefined;
    if (fault === '502' && call.operation === 'repos/upload-release-asset')
      leaveStarter(this.#world, plain, request.url ?? '');
    const answer = broken ?? (await this.#answer(request, body, call, found));
    call.status = answer.status;
    if (fault === 'drop-after') return void request.socket.destroy();
    if (fault === '502-after') return send(response, BROKEN['502'] as Answer, this.#world);
    if (fault === 'wrong-json') return send(response, { ...answer, body: { unexpected: [true] } }, this.#world);
    send(response, answer, this.#world, { truncated: fault === 'truncated', etag: request.headers['if-none-match'] });
  }

  /** The fault of this request; waits and races are done by then. */
  async #fault(...names: readonly string[]): Promise<FaultKind | null> {
    const fault = this.#faults.take(...names);
    if (fault === null || typeof fault === 'string') return fault;
    if ('run' in fault) await fault.run();
    else await sleep(fault.delayMs);
    return null;
  }

  async #git(request: IncomingMessage, response: ServerResponse, body: Buffer, path: string): Promise<void> {
    const call: Call = {
      operation: `git${path.slice(path.lastIndexOf('/'))}`,
      method: request.method ?? '',
      path,
      actor: '',
      status: 200,
    };
    this.calls.push(call);
    const fault = await this.#fault(call.operation);
    if (fault === 'drop-before') return void request.socket.destroy();
    if (fault === 'drop-after') {
      response.write = () => true;
      response.end = ((..._: unknown[]) => {
        const done = _.find((a) => typeof a === 'function') as (() => void) | undefined;
        request.socket.destroy();
        done?.();
        return response;
      }) as never;
    }
    if (fault && fault !== 'drop-after') return void response.writeHead(500).end();
    await serveGit(this.#world, request, response, body);
  }

  /** Counts one more call of a token. @throws {Refusal} when it has used all its calls */
  #count(token: string): void {
    const { rateLimit = 5000 } = this.#world.options;
    const used = (this.#world.used.get(token) ?? 0) + 1;
    this.#world.used.set(token, used);
    const headers = { 'x-ratelimit-limit': String(rateLimit), 'x-ratelimit-remaining': '0' };
    if (used > rateLimit) throw new Refusal(403, 'API rate limit exceeded for this token.', { headers });
  }

  async #answer(
    request: IncomingMessage,
    bytes: Buffer,
    call: Call,
    found: ReturnType<Description['find']>,
  ): Promise<Answer> {
    try {
      if (!found) {
        this.violations.push(`${call.method} ${call.path}: GitHub, or its part that we use, has no such operation`);
        throw notFound();
      }
      const { operation, values } = found;
      const query = Object.fromEntries(new URL(request.url ?? '/', 'http://x').searchParams);
      const upload = operation.id === 'repos/upload-release-asset';
      if (!request.headers['user-agent'])
        throw new Refusal(
          403,
          'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
        );
      const version = request.headers['x-github-api-version'];
      if (version !== undefined && !VERSIONS.has(String(version)))
        throw new Refusal(400, `${version} is not a supported version of GitHub’s REST API.`);
      const actor = actorOf(this.#world, request.headers.authorization);
      Object.assign(call, { actor: actor.account?.login ?? 'nobody' });
      this.#count(request.headers.authorization ?? '');
      const json = upload || bytes.length === 0 ? null : { json: parsed(bytes) };
      const faults = faultsOf(operation, { ...values, ...query }, upload ? null : json).filter(
        (f) => !(upload && f.startsWith('body')),
      );
      if (faults.length > 0) {
        this.violations.push(`${operation.id}: ${faults.join('; ')}`);
        throw new Refusal(422, 'Invalid request.', { errors: faults });
      }
      const repo = values.owner ? this.#world.repo(`${values.owner}/${values.repo}`) : undefined;
      if (!WITHOUT_REPO.test(operation.id)) {
        if (!repo) throw notFound();
        checkAccess(this.#world, actor, repo, needOf(operation.id, call.method));
      } else if (operation.id.startsWith('repos/create') && !actor.account)
        throw new Refusal(401, 'Requires authentication');
      const route = ROUTES[operation.id];
      if (!route) throw new Refusal(501, `${operation.id} is not played`);
      const context: Context = {
        world: this.#world,
        actor,
        repo: repo as Repo,
        url: `${this.#world.url}${call.path}`,
        values,
        query,
        body: json?.json,
        bytes,
        headers: request.headers,
      };
      const answer = await route(context);
      const scopes = actor.kind === 'classic' ? { 'x-oauth-scopes': actor.scopes.join(', ') } : {};
      return { ...answer, headers: { ...answer.headers, ...scopes } };
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      this.violations.push(`${call.method} ${call.path}: the double failed: ${(error as Error).stack}`);
      return { status: 500, body: { message: 'Server Error' } };
    }
  }
}

const BROKEN: Partial<Record<string, Answer>> = {
  '500': { status: 500, body: { message: 'Server Error' } },
  '502': { status: 502, body: { message: 'Server Error' } },
  '429': { status: 429, body: { message: 'Too many requests' }, headers: { 'retry-after': '1' } },
  'secondary-limit': {
    status: 403,
    body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' },
    headers: { 'retry-after': '1' },
  },
  garbage: { status: 200, body: Buffer.from('<html>') },
};

const VERSIONS = new Set(['2022-11-28', '2026-03-10']);

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
}

function send(
  response: ServerResponse,
  { status, body, headers = {} }: Answer,
  world: World,
  { truncated = false, etag }: { truncated?: boolean; etag?: string | undefined } = {},
): void {
  const shown = status === 201 && world.options.partial?.createsAs200 ? 200 : status;
  const raw = Buffer.isBuffer(body) ? body : body === undefined ? null : Buffer.from(JSON.stringify(body));
  const tag = raw && status === 200 ? `"${createHash('sha1').update(raw).digest('hex')}"` : null;
  const same = tag !== null && etag?.replace(/^W\//, '') === tag;
  const limit = world.options.rateLimit ?? 5000;
  response.writeHead(same ? 304 : shown, {
    ...(raw && !same && { 'content-type': Buffer.isBuffer(body) ? 'text/html' : 'application/json; charset=utf-8' }),
    ...(raw && !same && { 'content-length': String(raw.length) }),
    ...(tag && { etag: tag }),
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(limit - 1),
    'x-ratelimit-reset': String(Math.floor(world.now().getTime() / 1000) + 3600),
    'x-ratelimit-resource': 'core',
    ...headers,
  });
  if (same || !raw) return void response.end();
  if (!truncated) return void response.end(raw);
  response.write(raw.subarray(0, Math.floor(raw.length / 2)), () => response.destroy());
}
