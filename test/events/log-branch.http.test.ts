import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoreError } from '../../events/errors.ts';
import type { RunGit } from '../../events/log-branch.git.ts';
import { NO_STREAM } from '../../events/store.ts';
import { eventStoreContract } from '../contract/event-store.ts';
import { metrics } from '../support/events.ts';
import { type GitHttp, serveGit } from '../support/git-http.ts';
import { emptyRepository, machine } from '../support/log-branch.ts';
import { rejects } from '../support/rejects.ts';

const stream = 'run-aaaaaaaaaaaa';
const token = 'a-token-of-the-test';

const servers: GitHttp[] = [];
const served = async (): Promise<GitHttp> => {
  const server = await serveGit((await emptyRepository()).gitDir, token);
  servers.push(server);
  return server;
};

eventStoreContract('git branch over HTTP', async () => machine((await served()).url, { token }).store);

const http = suite('log branch over HTTP');
http.after(async () => {
  for (const server of servers) await server.close();
});

http('the token is in no argument, and in no message', async () => {
  const { url } = await served();
  const seen: string[] = [];
  const wrap =
    (run: RunGit): RunGit =>
    (args, options) => {
      seen.push(...args);
      return run(args, options);
    };
  const right = machine(url, { token, wrap });
  await right.store.append(stream, NO_STREAM, metrics('a', 1));
  await right.store.close();
  const wrong = machine(url, { token: 'another-token', wrap });
  const error = await rejects(wrong.store.position(), StoreError);
  assert.match(error.message, /PAWL_SECRET_FORGE_TOKEN/);
  const encoded = [token, 'another-token'].flatMap((t) => [t, Buffer.from(`x-access-token:${t}`).toString('base64')]);
  for (const secret of encoded) {
    assert.not(seen.some((arg) => arg.includes(secret)));
    assert.not.match(error.message, secret);
  }
  await wrong.store.close();
});

http('a redirect is not followed, and the token goes nowhere else', async () => {
  const [here, elsewhere] = [await served(), await served()];
  here.answer('/info/refs', (response) => response.writeHead(302, { location: `${elsewhere.url}/info/refs` }).end());
  const { store } = machine(here.url, { token });
  await rejects(store.position(), StoreError);
  assert.equal(elsewhere.requests, []);
  await store.close();
});

http('a push whose answer is lost on the way is found on the branch', async () => {
  const server = await served();
  const lost = machine(server.url, {
    token,
    random: () => 0,
    wrap: (run) => async (args, options) => {
      const answer = await run(args, options);
      if (args.includes('push')) throw Object.assign(new Error('lost'), { stderr: 'error: RPC failed; curl 56' });
      return answer;
    },
  });
  const stored = await lost.store.append(stream, NO_STREAM, metrics('a', 2));
  assert.equal(await lost.store.readAll(), stored);
  await lost.store.close();
});

http('a server that is not there is an error that says so', async () => {
  const server = await served();
  const { store } = machine(server.url, { token, random: () => 0 });
  await store.append(stream, NO_STREAM, metrics('a', 1));
  await server.close();
  assert.match((await rejects(store.position(), StoreError)).message, /cannot reach pawl\/log of http/);
  await rejects(store.append(stream, 0, metrics('b', 1)), StoreError);
  await store.close();
});

http.run();
