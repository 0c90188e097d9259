import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fixture } from '../../support/paths.ts';
import { type Answer, notFound, Refusal } from '../github/answers.ts';
import { type Fault, Faults } from '../github/faults.ts';
import { serveGit } from '../github/git-http.ts';
import { actorOf, checkAccess } from '../github/identity.ts';
import { Description, faultsOf } from '../github/openapi.ts';
import type { Level, Repo } from '../github/state.ts';
import { World } from '../github/world.ts';
import type { OperationId } from './operations.ts';
import { pushRefusal } from './protection.ts';
import { type Context, ROUTES } from './routes.ts';

export type Call = { readonly operation: string; readonly path: string; status: number };

/**
 * A double of Gitea: the part of its API that Pawl uses, with every request checked against Gitea's own description,
 * and real repositories behind a real git server. Its behaviour was observed on Gitea 1.26 and read in its source.
 */
export type GiteaDouble = {
  /** Without `/api/v1`. */
  readonly url: string;
  readonly world: World;
  readonly calls: readonly Call[];
  readonly violations: readonly string[];
  fault(fault: Fault): void;
  clearFaults(): void;
  /** A repository with these files on main, which accepts manual merges. */
  createRepo(fullName: string, files: Readonly<Record<string, string>>): Promise<Repo>;
  /** A token of an account, which may write to a repository if one is named. */
  token(login: string, repo?: string): string;
  close(): Promise<void>;
};

/** To read, an account only has to see the repository. */
const NEEDS: Partial<Record<OperationId, Level>> = {
  repoEdit: 'admin',
  repoGetRepoPermissions: 'admin',
  repoAddCollaborator: 'admin',
  repoListBranchProtection: 'admin',
  repoCreateBranchProtection: 'admin',
  repoEditBranchProtection: 'admin',
  repoDeleteBranchProtection: 'admin',
  repoMergePullRequest: 'write',
  repoCreateStatus: 'write',
  issueCreateLabel: 'write',
  issueReplaceLabels: 'write',
  ActionsDispatchWorkflow: 'write',
};

let description: Description | undefined;

/** Starts a double on a free port of this machine. */
export async function startGiteaDouble(): Promise<GiteaDouble> {
  const world = new World({
    pushRule: async (repo, actor, { ref, from, to }) => {
      if (!ref.startsWith('refs/heads/')) return null;
      const forced = from !== null && to !== null && !(await repo.git.isAncestor(from, to));
      return pushRefusal(repo, actor.account, { branch: ref.slice(11), deletes: to === null, forced });
    },
  });
  const [faults, calls, violations] = [new Faults(), [] as Call[], [] as string[]];
  const server = createServer((request, response) => {
    handle({ world, faults, calls, violations }, request, response).catch((error) => {
      violations.push(String(error.stack));
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  world.webUrl = url;
  world.url = `${url}/api/v1`;
  return {
    ...{ url, world, calls, violations },
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    createRepo: (fullName, files) => {
      const [owner = '', name = ''] = fullName.split('/');
      const settings = { allow_manual_merge: true };
      return world.createRepo({ owner: world.account(owner), name, private: true, files, settings });
    },
    token: (login, repo) => {
      const account = world.account(login);
      const token = `${world.id()}`.padStart(40, '0');
      if (repo) world.repo(repo)?.collaborators.set(login.toLowerCase(), 'write');
      const scopes = ['repo', 'workflow'];
      const nobody = { app: null, appId: null, expiresAt: null };
      world.tokens.set(token, { kind: 'classic', account, permissions: 'all', repositories: 'all', scopes, ...nobody });
      return token;
    },
    close: async () => {
      await world.settled();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Playing = { world: World; faults: Faults; calls: Call[]; violations: string[] };

async function handle(playing: Playing, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const url = new URL(request.url ?? '/', 'http://x');
  if (/^\/[^/]+\/[^/]+\.git\//.test(url.pathname)) return serveGit(playing.world, request, response, body);
  description ??= new Description(fixture('gitea-swagger.json'));
  const path = url.pathname.replace(/^\/api\/v1/, '');
  const found = description.find(request.method ?? 'GET', path);
  const call: Call = { operation: found?.operation.id ?? 'unknown', path, status: 0 };
  playing.calls.push(call);
  const fault = playing.faults.take(call.operation);
  if (typeof fault === 'object' && fault !== null && 'run' in fault) await fault.run();
  if (fault === 'drop-before') return void request.socket.destroy();
  const answer =
    fault === '500'
      ? { status: 500, body: { message: 'Internal Server Error' } }
      : await answered(playing, { call, found, query: url.searchParams, body, header: request.headers.authorization });
  call.status = answer.status;
  if (fault === 'drop-after') return void request.socket.destroy();
  const bytes = answer.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(answer.body));
  response.writeHead(fault === '502-after' ? 502 : answer.status, {
    'content-type': 'application/json;charset=utf-8',
    ...answer.headers,
  });
  response.end(bytes);
}

type Asked = {
  call: Call;
  found: ReturnType<Description['find']>;
  query: URLSearchParams;
  body: Buffer;
  header: string | undefined;
};

async function answered({ world, violations }: Playing, asked: Asked): Promise<Answer> {
  const { call, found, header } = asked;
  try {
    if (!found) {
      violations.push(`${call.path}: Gitea, or its part that we use, has no such operation`);
      throw notFound();
    }
    const { operation, values } = found;
    const id = operation.id as unknown as OperationId;
    const query = Object.fromEntries(asked.query);
    // Every list is requested by pages; the server ignores them where it has none.
    const known = new Set(operation.parameters.map((p) => p.name));
    const read = Object.fromEntries(
      Object.entries(query).filter(([key]) => known.has(key) || !['page', 'limit'].includes(key)),
    );
    const json = asked.body.length === 0 ? null : { json: JSON.parse(asked.body.toString('utf8')) };
    const wrong = faultsOf(operation, { ...values, ...read }, json);
    if (wrong.length > 0) {
      violations.push(`${id}: ${wrong.join('; ')}`);
      throw new Refusal(422, wrong.join('; '));
    }
    const actor = actorOf(world, header);
    const repo = values.owner ? world.repo(`${values.owner}/${values.repo}`) : undefined;
    if (values.owner) {
      if (!repo) throw notFound();
      const level = NEEDS[id] ?? 'read';
      checkAccess(world, actor, repo, { permissions: [], level, role: level });
    }
    const context: Context = {
      ...{ world, actor, values, query },
      repo: repo as Repo,
      url: call.path,
      body: json?.json,
    };
    return await ROUTES[id](context);
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: { message: error.message, url: '' } };
    violations.push(`${call.path}: the double failed: ${(error as Error).stack}`);
    return { status: 500, body: { message: 'Internal Server Error' } };
  }
}
