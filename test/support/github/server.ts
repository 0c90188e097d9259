import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, notFound, Refusal } from './answers.ts';
import type { Faults } from './faults.ts';
import { serveGit } from './git-http.ts';
import { actorOf, checkAccess } from './identity.ts';
import { needOf } from './needs.ts';
import { Description, faultsOf } from './openapi.ts';
import type { Context, Routes } from './route.ts';
import { issueRoutes } from './routes/issues.ts';
import { pullRoutes } from './routes/pulls.ts';
import { releaseRoutes } from './routes/releases.ts';
import { repoRoutes } from './routes/repos.ts';
import { settingsRoutes } from './routes/settings.ts';
import { userRoutes } from './routes/users.ts';
import type { Repo } from './state.ts';
import type { World } from './world.ts';

const ROUTES: Routes = {
  ...repoRoutes,
  ...pullRoutes,
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

/** Answers the API and git, and keeps a record of both. */
export class Server {
  readonly calls: Call[] = [];
  /** Requests that are not what GitHub's own description says they should be. */
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
    if (path.startsWith('/download/')) return this.#download(path, response);
    const method = request.method ?? 'GET';
    const plain = path.replace(/^\/api\/v3/, '').replace(/^\/uploads/, '') || '/';
    const found = this.#description.find(method, plain);
    const call: Call = { operation: found?.operation.id ?? 'unknown', method, path: plain, actor: 'nobody', status: 0 };
    this.calls.push(call);
    const fault = this.#faults.take(call.operation, `${method} ${plain}`);
    if (fault === 'drop-before') return void request.socket.destroy();
    const broken = fault && BROKEN[fault];
    const answer = broken ?? (await this.#answer(request, body, call, found));
    call.status = answer.status;
    if (fault === 'drop-after') return void request.socket.destroy();
    send(response, answer, this.#world);
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
    const fault = this.#faults.take(call.operation);
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

  #download(path: string, response: ServerResponse): void {
    const id = Number(path.split('/')[2]);
    for (const repo of this.#world.repos.values())
      for (const release of repo.releases)
        for (const asset of release.assets)
          if (asset.id === id)
            return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(asset.bytes);
    response.writeHead(404).end();
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
      const json = upload || bytes.length === 0 ? null : { json: JSON.parse(bytes.toString('utf8')) };
      const faults = faultsOf(operation, { ...values, ...query }, upload ? null : json).filter(
        (f) => !(upload && f.startsWith('body')),
      );
      if (faults.length > 0) {
        this.violations.push(`${operation.id}: ${faults.join('; ')}`);
        throw new Refusal(422, 'Invalid request.', { errors: faults });
      }
      const actor = actorOf(this.#world, request.headers.authorization);
      Object.assign(call, { actor: actor.account?.login ?? 'nobody' });
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

function send(response: ServerResponse, { status, body, headers = {} }: Answer, world: World): void {
  const shown = status === 201 && world.options.partial?.createsAs200 ? 200 : status;
  const raw = Buffer.isBuffer(body) ? body : body === undefined ? null : Buffer.from(JSON.stringify(body));
  response.writeHead(shown, {
    ...(raw && { 'content-type': Buffer.isBuffer(body) ? 'text/html' : 'application/json; charset=utf-8' }),
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
    ...headers,
  });
  response.end(raw ?? undefined);
}
