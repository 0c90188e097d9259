import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import { Refusal } from './answers.ts';
import { actorOf, checkAccess } from './identity.ts';
import { moved, type PushRefusal, pushRefusal, type Update } from './refs.ts';
import type { Actor, Repo } from './state.ts';
import type { World } from './world.ts';

const ZERO = '0'.repeat(40);

/** Git over HTTP: a real git server, behind the same accounts and rules as the API. */
export async function serveGit(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://x');
  const [, owner = '', name = '', rest = ''] = /^\/([^/]+)\/([^/]+?)\.git(\/.*)$/.exec(url.pathname) ?? [];
  const repo = world.repo(`${owner}/${name}`);
  const writes = rest === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
  try {
    const actor = actorOf(world, request.headers.authorization);
    if (!repo) throw new Refusal(404, 'Repository not found.');
    checkAccess(world, actor, repo, {
      permissions: ['contents'],
      level: writes ? 'write' : 'read',
      role: writes ? 'write' : 'read',
    });
    if (rest !== '/git-receive-pack') return await backend(repo, url, rest, request, response, body);
    await repo.lock.run(() => receive(world, { repo, actor, url, rest, request, response, body }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const status = error.status === 404 && !request.headers.authorization ? 401 : error.status;
    response.writeHead(status, {
      'content-type': 'text/plain',
      ...(status === 401 && { 'www-authenticate': 'Basic realm="GitHub"' }),
    });
    response.end(error.message);
  }
}

type Receive = {
  repo: Repo;
  actor: Actor;
  url: URL;
  rest: string;
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
};

async function receive(world: World, { repo, actor, url, rest, request, response, body }: Receive): Promise<void> {
  const updates = commands(body);
  if (updates.some((u) => u.to !== null && /^refs\/(?:heads|tags)\//.test(u.ref))) await takeIn(repo, packOf(body));
  const refusals: (PushRefusal | null)[] = [];
  for (const update of updates) refusals.push(await pushRefusal(world, repo, actor, update));
  const by = actor.account?.login ?? 'nobody';
  const record = (refused: (i: number) => string | null): void => {
    for (const [i, u] of updates.entries())
      world.pushes.push({ repo: repo.fullName, actor: by, ...u, refused: refused(i) });
  };
  if (refusals.some((r) => r !== null)) {
    record((i) => refusals[i]?.reason ?? 'atomic push failed');
    response.writeHead(200, { 'content-type': 'application/x-git-receive-pack-result' });
    response.end(declined(updates, refusals));
    return;
  }
  await backend(repo, url, rest, request, response, body);
  const done: Update[] = [];
  for (const update of updates) if ((await repo.git.resolve(update.ref)) === update.to) done.push(update);
  record((i) => (done.includes(updates[i] as Update) ? null : 'rejected by git'));
  await moved(world, repo, actor, done);
}

/** The pack of a push, after its commands and their flush; empty if it only deletes. */
function packOf(body: Buffer): Buffer {
  const at = body.indexOf('PACK');
  return at < 0 ? Buffer.alloc(0) : body.subarray(at);
}

/** Puts the objects of a push into the repository before it is judged; without a ref they have no effect. */
async function takeIn(repo: Repo, pack: Buffer): Promise<void> {
  if (pack.length > 0) await repo.git.run(['index-pack', '--stdin', '--fix-thin'], { input: pack });
}

/** The ref updates at the beginning of a push. */
function commands(body: Buffer): Update[] {
  const updates: Update[] = [];
  for (let at = 0; at + 4 <= body.length; ) {
    const size = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (!(size > 4)) break;
    const line =
      body
        .toString('utf8', at + 4, at + size)
        .split('\0')[0]
        ?.trim() ?? '';
    const [from = '', to = '', ref = ''] = line.split(' ');
    if (/^[0-9a-f]{40}$/.test(from) && ref.startsWith('refs/'))
      updates.push({ ref, from: from === ZERO ? null : from, to: to === ZERO ? null : to });
    at += size;
  }
  return updates;
}

const packet = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
};
const band = (number: number, content: Buffer): Buffer => packet(Buffer.concat([Buffer.from([number]), content]));

function declined(updates: readonly Update[], refusals: readonly (PushRefusal | null)[]): Buffer {
  const whole = refusals.find((r) => r !== null)?.reason ?? '';
  const lines = updates.map((u, i) => packet(`ng ${u.ref} ${refusals[i]?.reason ?? whole}\n`));
  const report = Buffer.concat([packet('unpack ok\n'), ...lines, Buffer.from('0000')]);
  const remarks = refusals.flatMap((r) => r?.remarks ?? []).map((r) => band(2, Buffer.from(`${r}\n`)));
  return Buffer.concat([...remarks, band(1, report), Buffer.from('0000')]);
}

/** Runs `git http-backend` as a web server would. */
function backend(
  repo: Repo,
  url: URL,
  rest: string,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const { gitDir } = repo.git;
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: dirname(gitDir),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${basename(gitDir)}${rest}`,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'git',
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(body);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf('\r\n\r\n');
      const headers = output.toString('latin1', 0, Math.max(0, end)).split('\r\n');
      let status = end < 0 ? 500 : 200;
      for (const header of headers) {
        const [key = '', value = ''] = header.split(/: (.*)/s);
        if (key.toLowerCase() === 'status') status = Number.parseInt(value, 10);
        else if (key) response.setHeader(key, value);
      }
      response.writeHead(status);
      response.end(output.subarray(end + 4), () => resolve());
      if (response.destroyed) resolve();
    });
  });
}
