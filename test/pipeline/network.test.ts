import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as z from 'zod';
import { type Content, download } from '../../pipeline/data/download.ts';
import { DownloadError } from '../../pipeline/errors.ts';
import { ForgeError } from '../../pipeline/forge/errors.ts';
import { GiteaApi } from '../../pipeline/forge/gitea/client.ts';
import { OctokitApi } from '../../pipeline/forge/github/client.github.ts';
import { appCredentials } from '../../pipeline/forge/github/credentials.github.ts';
import { ReleaseArtifacts } from '../../pipeline/forge/github/release-artifacts.ts';
import { fetchModel } from '../../pipeline/training/transformer/hub.hub.ts';
import { S3Artifacts } from '../../registry-repo/artifacts/artifacts.s3.ts';
import { ArtifactStoreError } from '../../registry-repo/artifacts/errors.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import { fetchFor } from '../../registry-repo/network/network.undici.ts';
import { startGiteaDouble } from '../doubles/gitea/double.ts';
import { startGitHubDouble } from '../doubles/github/double.ts';
import { forgeOn } from '../doubles/github/forge.ts';
import { type ProxyDouble, startProxyDouble } from '../doubles/proxy.ts';
import { flakyServer, whole } from '../support/flaky-server.ts';
import { hubDouble } from '../support/hub.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { hasS3Server, S3Server } from '../support/s3.ts';
import { trainingContext } from '../support/training-context.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

// Every client, through a proxy that wants a password: what the origin saw came by it alone.

const LOGIN = 'somebody:s%40fe';
const clients = suite('clients and proxies');
const opened: { close(): Promise<unknown> }[] = [];
clients.after(async () => {
  for (const each of opened) await each.close();
});

async function kept<T extends { close(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  opened.push(started);
  return started;
}

type Client = {
  /** Asks something and looks at the answer. */
  ask(fetch: typeof globalThis.fetch): Promise<unknown>;
  /** Requests that reached the server. */
  reached(): number;
  /** Where the requests that it counts go; everywhere without one. */
  readonly origin?: string;
  /** How an error of this client is typed. */
  readonly error: abstract new (
    ...args: never[]
  ) => Error;
};

const Repository = z.object({ full_name: z.string() });

async function gitHub(): Promise<Client> {
  const double = await kept(startGitHubDouble());
  await double.createRepo('org/registry', { a: 'a' });
  const token = double.token('somebody', { repo: 'org/registry' });
  return {
    ask: (fetch) => {
      const api = new OctokitApi({ url: double.url, authorization: async () => `token ${token}`, secondMs: 1, fetch });
      return api.get('GET /repos/{owner}/{repo}', { owner: 'org', repo: 'registry' }, Repository);
    },
    reached: () => double.calls.length,
    error: ForgeError,
  };
}

async function gitHubApp(): Promise<Client> {
  const double = await kept(startGitHubDouble());
  await double.createRepo('org/registry', { a: 'a' });
  const app = double.app('promoter', 'org');
  const options = { ...app, installation: null, url: double.url, owner: 'org', repo: 'registry', pauseMs: 1 };
  return {
    ask: (fetch) => appCredentials({ ...options, fetch }).token(),
    reached: () => double.calls.length,
    error: ForgeError,
  };
}

async function releases(): Promise<Client> {
  const double = await kept(startGitHubDouble());
  await double.createRepo('org/registry', { a: 'a' });
  const permissions = { contents: 'write', metadata: 'read' } as const;
  const token = double.token('somebody', { repo: 'org/registry', permissions });
  const { place, credentials } = forgeOn(double, 'org/registry', { token }).connection;
  const bytes = randomBytes(100_000);
  return {
    ask: async (fetch) => {
      const api = new OctokitApi({
        url: double.url,
        authorization: async () => `token ${token}`,
        secondMs: 1,
        paced: false,
        fetch,
      });
      const patience = { tries: 1, pauseMs: 1, stallMs: PATIENCE_MS };
      const over = { place: { ...place, api }, clock: () => new Date(), scratch: temporaryFolder(), patience };
      const store = new ReleaseArtifacts({ credentials, fetch, ...over });
      assert.ok((await store.get(await store.put(bytes))).equals(bytes));
    },
    reached: () => double.calls.length,
    origin: double.web, // bytes come from another, too
    error: ArtifactStoreError,
  };
}

async function gitea(): Promise<Client> {
  const double = await kept(startGiteaDouble());
  await double.createRepo('org/registry', { a: 'a' });
  const token = double.token('somebody', 'org/registry');
  return {
    ask: (fetch) => {
      const api = new GiteaApi({ url: `${double.url}/api/v1`, token: async () => token, pauseMs: 1, fetch });
      return api.get('GET /repos/{owner}/{repo}', { owner: 'org', repo: 'registry' }, Repository);
    },
    reached: () => double.calls.length,
    error: ForgeError,
  };
}

async function hub(): Promise<Client> {
  const files = { 'config.json': '{}', 'model.safetensors': 'weights', 'tokenizer.json': '{}' };
  const double = await kept(
    hubDouble(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]))),
  );
  const patience = { tries: 1, pauseMs: 1, stallMs: PATIENCE_MS };
  return {
    ask: (fetch) => {
      const access = { endpoint: double.endpoint, offline: false, fetch };
      const context = trainingContext({ rows: [], labels: [], hub: access });
      return fetchModel('someone/tiny', 'main', { ...context, cache: temporaryFolder() }, patience);
    },
    reached: () => double.requests.length,
    error: DownloadError,
  };
}

async function data(): Promise<Client> {
  const bytes = randomBytes(100_000);
  const server = await kept(flakyServer(whole(bytes)));
  const content: Content = {
    name: 'archive.tar.gz',
    bytes: bytes.length,
    checksum: { algorithm: 'md5', hex: createHash('md5').update(bytes).digest('hex') },
    advice: { address: '', offline: 'give data.path' },
  };
  const context = { signal: new AbortController().signal, progress: () => {} };
  const patience = { tries: 1, pauseMs: 1, stallMs: PATIENCE_MS };
  return {
    ask: (fetch) => download(server.url, content, { ...context, cacheFolder: temporaryFolder(), fetch }, patience),
    reached: () => server.ranges.length,
    error: DownloadError,
  };
}

const bucket = (endpoint: string, fetch: typeof globalThis.fetch, prefix = '') =>
  new S3Artifacts({
    ...{ bucket: 'models', prefix, endpoint, region: 'us-east-1', pathStyle: true, scratch: temporaryFolder(), fetch },
    ...{ attempts: 1, patience: { tries: 1, pauseMs: 1, stallMs: PATIENCE_MS } },
  });

async function s3(): Promise<Client> {
  process.env.AWS_ACCESS_KEY_ID ??= 'pawl-test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'pawl-test-secret';
  const server = await kept(startOrigin());
  const bytes = randomBytes(100_000);
  return {
    ask: async (fetch) => {
      const store = bucket(`http://127.0.0.1:${server.port}`, fetch);
      // The mark of a removal is not there.
      assert.is(await store.put(bytes), digestOf(bytes));
      assert.ok((await store.get(digestOf(bytes))).equals(bytes));
    },
    reached: () => server.requests.length,
    error: ArtifactStoreError,
  };
}

const CLIENTS = { gitHub, gitHubApp, releases, gitea, hub, data, s3 };
/** Nobody listens there. */
const NOBODY = 'http://me:hidden@127.0.0.1:1';

for (const [name, start] of Object.entries(CLIENTS)) {
  clients(`${name}: through the proxy alone; around it by NO_PROXY; a wrong proxy is named`, async () => {
    const client = await start();
    const proxy = await kept(startProxyDouble({ login: decodeURIComponent(LOGIN) }));
    const named = proxy.url.replace('//', `//${LOGIN}@`);

    await client.ask(fetchFor({ HTTP_PROXY: named }));
    const reached = client.reached();
    assert.ok(reached > 0);
    const passed = () => proxy.seen.filter((line) => line.includes(` ${client.origin ?? ''}`)).length;
    assert.is(passed(), reached, 'each request came through the proxy');
    assert.is(proxy.refused, 0);

    await client.ask(fetchFor({ HTTP_PROXY: named, NO_PROXY: '127.0.0.1' }));
    assert.ok(client.reached() > reached);
    assert.is(passed(), reached, 'and now none did');

    const before = client.reached();
    const wrong = await rejects(client.ask(fetchFor({ HTTP_PROXY: NOBODY })), client.error);
    assert.match(wrong.message, /the proxy http:\/\/127\.0\.0\.1:1 gives no way \(ECONNREFUSED\): check HTTP_PROXY/);
    assert.not.match(wrong.message, /hidden/);
    const unknown = await rejects(client.ask(fetchFor({ http_proxy: proxy.url })), client.error);
    assert.match(unknown.message, /wants another user or password: put them into http_proxy/);
    assert.ok(proxy.refused > 0);
    assert.is(client.reached(), before, 'nothing went around');
  });
}

if (hasS3Server())
  clients('a real S3 server: small bytes and bytes in parts, through the proxy', async () => {
    const server = await S3Server.start('models');
    opened.push({ close: () => server.kill() });
    const proxy: ProxyDouble = await kept(startProxyDouble());
    const fetch = fetchFor({ HTTP_PROXY: proxy.url });
    const large = randomBytes(6 * 1024 ** 2);
    for (const bytes of [randomBytes(100), large]) {
      const store = new S3Artifacts({
        ...{ bucket: 'models', prefix: 'a b', endpoint: server.endpoint, region: 'us-east-1', pathStyle: true, fetch },
        ...{ partBytes: 5 * 1024 ** 2, scratch: temporaryFolder() },
      });
      assert.ok((await store.get(await store.put(bytes))).equals(bytes));
      const listed = [];
      for await (const { digest } of store.list()) listed.push(digest);
      assert.ok(listed.includes(digestOf(bytes)));
      assert.is(await store.remove(digestOf(bytes)), true);
      assert.is(await store.has(digestOf(bytes)), false);
    }
    assert.ok(proxy.seen.some((line) => line.includes('uploadId=')));
  });
else console.log('SKIPPED S3 through a proxy on a real server: versitygw is not installed');

clients('a redirect takes the way of its own address, and no password goes on', async () => {
  const inside: Origin = await kept(startOrigin());
  const proxy = await kept(startProxyDouble({ login: 'me:mine', hosts: { 'data.test': inside.port } }));
  const fetch = fetchFor({ HTTP_PROXY: proxy.named, NO_PROXY: '127.0.0.1' });
  await fetch('http://data.test/kept', { method: 'PUT', body: 'bytes' });
  assert.is(await (await fetch('http://data.test/kept')).text(), 'bytes');
  const away = await kept(
    flakyServer((_, response) => response.writeHead(302, { location: 'http://data.test/kept' }).end()),
  );
  assert.is(await (await fetch(away.url)).text(), 'bytes');
  assert.equal(proxy.seen, ['PUT http://data.test/kept', 'GET http://data.test/kept', 'GET http://data.test/kept']);
  for (const { headers } of inside.requests) assert.is(headers['proxy-authorization'], undefined);
});

clients('a proxy that never answers is given up when the caller does, for the caller’s reason', async () => {
  const silent = await kept(flakyServer(() => {}));
  const { origin } = new URL(silent.url);
  const stop = new AbortController();
  const asking = fetchFor({ HTTP_PROXY: origin })('http://data.test/', { signal: stop.signal });
  await until(() => silent.ranges.length > 0);
  stop.abort(new RangeError('enough'));
  assert.is((await rejects(asking, RangeError)).message, 'enough');
});

clients('without variables it is Node’s own fetch', () => {
  assert.is(fetchFor({ NO_PROXY: '*', HTTPS_PROXY: '', PATH: join('a', 'b') }), globalThis.fetch);
});

clients.run();
