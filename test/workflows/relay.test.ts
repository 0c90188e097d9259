import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { actMissing, runWorkflow } from '../support/act.ts';
import { workflows } from './files.ts';

// gate-relay.yml, executed with payloads as GitHub sends them.

type Request = { method: string; url: string; headers: IncomingHttpHeaders; body: string };

/** A server that keeps what it is asked and answers with a status. */
async function recorder(status: number): Promise<{ api: string; requests: Request[]; server: Server }> {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 204 ? undefined : '{"message":"Resource not accessible by integration"}\n'); // act shows whole lines only
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, server };
}

const head = '5f0c'.repeat(10);
const base = { ref: 'main', sha: 'b'.repeat(40), repo: { id: 1, full_name: 'team/registry', fork: false } };
const repository = { id: 1, full_name: 'team/registry', name: 'registry', owner: { login: 'team' } };

/** A pull request's event, of a fork unless said otherwise; the title is somebody's attempt. */
const event = (change: { number?: unknown; sha?: unknown; review?: string } = {}) => ({
  action: change.review === undefined ? 'opened' : 'submitted',
  ...(change.review === undefined ? { number: 7 } : { review: { state: change.review, user: { login: 'stranger' } } }),
  pull_request: {
    number: change.number ?? 7,
    title: '$(touch pwned); `id`',
    head: { ref: 'x;touch$IFS-pwned', sha: change.sha ?? head, repo: { id: 2, full_name: 'x/registry', fork: true } },
    base,
  },
  repository,
  sender: { login: 'stranger', type: 'User' },
});

async function relayed(name: string, payload: unknown, status = 204) {
  const { api, requests, server } = await recorder(status);
  const workflow = workflows.find((w) => w.path.endsWith('/gate-relay.yml'))?.text as string;
  try {
    const result = await runWorkflow({ workflow, event: name, payload, repository: 'team/registry', api });
    return { ...result, requests };
  } finally {
    server.close();
  }
}

const relay = suite('gate-relay.yml, executed');
const missing = actMissing();
if (missing) console.log(`SKIPPED ${missing}: workflows are linted, but not executed`);
/** A test that needs act. */
const executed = (name: string, test: () => Promise<void>): void => {
  if (!missing) relay(name, test);
};

const dispatch = { ref: 'main', inputs: { pr: '7', head_sha: head } };

executed(
  'attack 53: a pull request from a fork starts main’s gate, with its number and head and nothing else',
  async () => {
    const { jobs, requests, log } = await relayed('pull_request_target', event());
    assert.equal(jobs, { relay: 'success' }, log);
    assert.is(requests.length, 1);
    const [request] = requests;
    assert.is(request?.method, 'POST');
    assert.is(request?.url, '/repos/team/registry/actions/workflows/promotion-gate.yml/dispatches');
    assert.equal(JSON.parse(request?.body ?? ''), dispatch);
    assert.is(request?.headers.authorization, 'Bearer token-of-the-job');
    assert.is(request?.headers['content-type'], 'application/json');
  },
);

executed('an approval starts it again; a comment does not', async () => {
  const approved = await relayed('pull_request_review', event({ review: 'approved' }));
  assert.equal(approved.jobs, { relay: 'success' }, approved.log);
  assert.equal(
    approved.requests.map((r) => JSON.parse(r.body)),
    [dispatch],
  );
  const commented = await relayed('pull_request_review', event({ review: 'commented' }));
  assert.equal([commented.jobs, commented.requests.length], [{}, 0], commented.log);
});

executed('attacks 48, 49: what is no number or no commit is not passed on', async () => {
  for (const change of [
    { sha: `${head}","pr":"8` },
    { sha: `${head}\n${head}` },
    { sha: '$(id)' },
    { sha: 'main' },
    { number: '7", "x": "' },
    { number: '../8' },
  ]) {
    const { jobs, requests } = await relayed('pull_request_target', event(change));
    assert.equal([jobs.relay, requests.length], ['failure', 0], JSON.stringify(change));
  }
});

executed(
  'what an App of ours proposes is asked for by itself; a person on its branch, or an App’s fork, is not',
  async () => {
    const of = (type: string, full_name: string, ref: string) => {
      const payload = event();
      payload.sender.type = type;
      payload.pull_request.head = { ...payload.pull_request.head, ref, repo: { id: 1, full_name, fork: false } };
      return payload;
    };
    const asked = async (payload: unknown) => (await relayed('pull_request_target', payload)).requests.length;
    for (const ref of ['promote/sentiment/2-x', 'rollback/sentiment/1-x'])
      assert.is(await asked(of('Bot', 'team/registry', ref)), 0, ref);
    assert.is(await asked(of('User', 'team/registry', 'promote/sentiment/2-x')), 1, 'a person');
    assert.is(await asked(of('Bot', 'x/registry', 'promote/sentiment/2-x')), 1, 'a fork');
    assert.is(await asked(of('Bot', 'team/registry', 'dependabot/npm')), 1, 'another App');
  },
);

executed('a refusal by GitHub fails the job, and says why', async () => {
  const { jobs, output, log } = await relayed('pull_request_target', event(), 403);
  assert.is(jobs.relay, 'failure', log);
  assert.match(output, 'Resource not accessible by integration', log);
});

relay.run();
