import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { later } from '../../registry-repo/later.ts';
import { CannotListenError } from '../../server/listen.ts';
import { startServer } from '../../server/main.ts';
import { TEST_BOUNDS } from '../support/bounds.ts';
import { FakeRegistry } from '../support/fake-registry.ts';
import { createHold } from '../support/hold.ts';
import { recorded } from '../support/recorded.ts';
import { rejects } from '../support/rejects.ts';
import { postJson, testOptions, withServer } from '../support/server.ts';
import { MemorySettled } from '../support/settled.ts';
import { until } from '../support/until.ts';

const promoted = () => {
  const registry = new FakeRegistry();
  registry.promote(1);
  return registry;
};

/** A raw connection, and everything that has come back on it. */
async function raw(port: number): Promise<{ socket: Socket; heard: () => string; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, heard: () => text, closed };
}

const head = (length: number | string, more = '') =>
  `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}${
    typeof length === 'number' ? `Content-Length: ${length}` : 'Transfer-Encoding: chunked'
  }\r\n\r\n`;

const http = suite('http');

http('connections are kept alive and take many requests, one after the other and pipelined', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const sockets = new Set<unknown>();
      for (let i = 0; i < 20; i++) {
        const req = request(`${server.url}/predict`, {
          agent,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
        });
        req.end('{"text":"x"}');
        const [response] = await once(req, 'response');
        sockets.add(response.socket);
        assert.is(response.statusCode, 200);
        response.resume();
        await once(response, 'end');
      }
      assert.is(sockets.size, 1);
      agent.destroy();
      const { socket, heard } = await raw(server.port);
      socket.write(`${head(12)}{"text":"a"}`.repeat(5));
      await until(() => heard().split('HTTP/1.1 200 OK').length === 6);
      socket.destroy();
    },
    { registry: promoted() },
  ),
);

http('a body may come in pieces and without a length', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const { socket, heard } = await raw(server.port);
      socket.write(head('chunked'));
      for (const piece of ['{"te', 'xt":"', '\u00e9']) {
        socket.write(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
        await sleep(10);
      }
      socket.write('2\r\n"}\r\n0\r\n\r\n');
      await until(() => heard().includes('"label"'));
      socket.destroy();
    },
    { registry: promoted() },
  ),
);

http('attack 94: a name that was pointed here is refused; those of the settings are not', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      for (const [host, status] of [
        ['evil.example:7295', 421],
        ['models.example.org', 200],
        [`localhost:${server.port}`, 200],
      ] as const) {
        const { socket, heard } = await raw(server.port);
        socket.write(`GET /model HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        await until(() => heard() !== '');
        assert.match(heard(), new RegExp(`^HTTP/1\\.1 ${status} `));
        socket.destroy();
      }
    },
    { registry: promoted(), options: { hosts: ['models.example.org'] } },
  ),
);

http('a body that does not end is cut off', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const slow = await raw(server.port);
      slow.socket.write(`${head(100)}{"text":`);
      await until(() => slow.socket.destroyed);
      assert.match(slow.heard(), /^HTTP\/1\.1 408/);
    },
    { registry: promoted(), options: { bodyMs: 300 } },
  ),
);

http('so is one that is too large without saying so', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const endless = await raw(server.port);
      endless.socket.write(head('chunked'));
      const pump = setInterval(() => endless.socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`), 1);
      await endless.closed;
      clearInterval(pump);
      assert.match(endless.heard(), 'HTTP/1.1 413');
      assert.is((await postJson(`${server.url}/predict`, { text: 'others' })).status, 200);
    },
    { registry: promoted(), options: { limits: { bodyBytes: 20_000 } } },
  ),
);

http('rubbish instead of HTTP is refused and hurts nobody', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      for (const rubbish of [
        'hello\r\n\r\n',
        'GET / HTTP/1.1\r\n\r\n',
        `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
        'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'GET /\\.. HTTP/1.1\r\nHost: localhost\r\n\r\n',
      ]) {
        const { socket, heard, closed } = await raw(server.port);
        socket.write(rubbish);
        await until(() => heard().length > 0 || socket.destroyed);
        assert.match(heard(), /^HTTP\/1\.1 4\d\d/, rubbish.slice(0, 40));
        socket.destroy();
        await closed;
      }
      assert.is((await fetch(`${server.url}/health/ready`)).status, 200);
    },
    { registry: promoted() },
  ),
);

http('attack 92: connections that announce bodies and send none take nobody’s room', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const idle = await Promise.all(Array.from({ length: 70 }, () => raw(server.port)));
      for (const { socket } of idle) socket.write(`${head(1_048_576)}{"text":`);
      const statuses = Array.from({ length: 220 }, async (_, i) => {
        const response = await postJson(`${server.url}/predict`, { text: `honest ${i}` });
        return response.status;
      });
      assert.equal(new Set(await Promise.all(statuses)), new Set([200]));
      assert.ok(idle.every(({ socket, heard }) => !socket.destroyed && heard() === ''));
      for (const { socket } of idle) socket.destroy();
    },
    { registry: promoted() },
  ),
);

http('attack 92: large bodies that stay open give way to small requests', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const open = await Promise.all(Array.from({ length: 4 }, () => raw(server.port)));
      for (const { socket } of open) socket.write(`${head(100_000)}{"text":"${'x'.repeat(90_000)}`);
      await until(() => open.filter(({ heard }) => /^HTTP\/1\.1 429/.test(heard())).length === 2);
      const text = 'y'.repeat(20_000); // what the two others hold leaves less room than that
      assert.is((await postJson(`${server.url}/predict`, { text })).status, 200);
      await until(() => open.filter(({ heard }) => heard().includes('queue_full')).length === 3);
      for (const { socket } of open) socket.destroy();
    },
    { registry: promoted(), options: { limits: { heldBytes: 190_000 } } },
  ),
);

http('attack 93: connections that never send headers keep nobody out', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const busy = await occupy(server.url);
      const silent = [];
      for (let i = 0; i < 100; i++) {
        const { socket, closed } = await raw(server.port);
        socket.write(['', 'POST /predict HT', head(1000)][i % 3] ?? '');
        silent.push({ socket, closed });
      }
      await Promise.all(silent.slice(0, 60).map(({ closed }) => closed));
      assert.is((await fetch(`${server.url}/health/live`)).status, 200);
      busy.free();
      assert.is((await busy.response).status, 200, 'the one that is being answered is not cut off');
      for (const { socket } of silent) socket.destroy();
    },
    { registry: promoted(), options: { limits: { connections: 32 } } },
  ),
);

http('attack 93: headers that do not end are cut off before a body would be', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const slow = [await raw(server.port), await raw(server.port)];
      slow[0]?.socket.write('POST /predict HTTP/1.1\r\nHost: loc');
      await Promise.all(slow.map(({ closed }) => closed));
      assert.match(slow[0]?.heard() ?? '', /^HTTP\/1\.1 408/);
    },
    { registry: promoted(), options: { headersMs: 300 } },
  ),
);

/** A request that keeps the only worker busy until it is let go. */
async function occupy(url: string) {
  const hold = createHold();
  const response = postJson(`${url}/predict`, { text: hold.text });
  await hold.held();
  return { response, free: hold.free };
}

http('who hangs up leaves the queue, and counts neither as refused nor as failed', () =>
  withServer(
    async ({ server, store }) => {
      await server.ready();
      const waiting = () => server.state().workers?.waiting;
      const busy = await occupy(server.url);
      const controller = new AbortController();
      const gone = Array.from({ length: 20 }, (_, i) =>
        postJson(`${server.url}/predict`, { text: `${i}` }, { signal: controller.signal }).catch(() => 'gone'),
      );
      const half = await raw(server.port);
      half.socket.write(`${head(100)}{"text":`);
      await until(() => waiting() === 20);
      controller.abort();
      half.socket.destroy();
      assert.equal(new Set(await Promise.all(gone)), new Set(['gone']));
      await until(() => waiting() === 0);
      const next = postJson(`${server.url}/predict`, { text: 'next' });
      busy.free();
      assert.equal([(await busy.response).status, (await next).status], [200, 200]);
      await server.stop();
      const last = (await recorded(store)).at(-1);
      assert.ok(last?.type === 'TrafficObserved');
      assert.equal([last.data.requests, last.data.refused, last.data.failed], [2, 0, 0]);
    },
    { registry: promoted() },
  ),
);

http('a full queue answers 429 at once, and everyone else is answered', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const busy = await occupy(server.url);
      let refused = 0;
      const statuses = Array.from({ length: 200 }, async (_, i) => {
        const response = await postJson(`${server.url}/predict`, { text: `${i}` });
        if (response.status === 429 && response.headers.get('retry-after') === '1') refused++;
        return response.status;
      });
      await until(() => refused === 184);
      assert.is(server.state().workers?.waiting, 16);
      busy.free();
      assert.is((await Promise.all(statuses)).filter((status) => status === 200).length, 16);
      assert.is((await busy.response).status, 200);
    },
    { registry: promoted(), options: { limits: { queueTexts: 16 } } },
  ),
);

http('a request that takes too long is given up, whether it was begun or not, and the next one is answered', () =>
  withServer(
    async ({ server, time }) => {
      await server.ready();
      const busy = await occupy(server.url);
      const waiting = postJson(`${server.url}/predict`, { text: 'waits' });
      await until(() => server.state().workers?.waiting === 1);
      time.pass(1000);
      assert.equal([(await busy.response).status, (await waiting).status], [504, 503]);
      busy.free();
      assert.is((await postJson(`${server.url}/predict`, { text: 'next' })).status, 200);
    },
    { registry: promoted(), options: { deadlineMs: 1000 } },
  ),
);

http('stopping answers what is running, refuses what is new, and can be repeated', () =>
  withServer(
    async ({ server, store }) => {
      await server.ready();
      const busy = await occupy(server.url);
      const idle = await raw(server.port);
      const stopping = server.stop();
      assert.is(server.state().stopping, true);
      await idle.closed;
      await rejects(fetch(`${server.url}/health/ready`), TypeError);
      busy.free();
      const response = await busy.response;
      assert.equal([response.status, response.headers.get('connection')], [200, 'close']);
      await Promise.all([stopping, server.stop()]);
      const types = (await recorded(store)).map((e) => e.type);
      assert.equal(types, ['ModelActivated', 'TrafficObserved']);
      assert.is(server.state().workers, null);
    },
    { registry: promoted() },
  ),
);

http('requests that were sent when the server is told to stop are answered', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const agent = new Agent({ keepAlive: true, maxSockets: 24 });
      const ask = () => postBy(agent, `${server.url}/predict`, { text: 'good' });
      const all = () => Promise.all(Array.from({ length: 24 }, ask));
      const before = await all();
      assert.equal(new Set(before.map(({ connection }) => connection)), new Set(['keep-alive']));
      const stopping = server.stop();
      const last = await all(); // on the same connections
      assert.equal(
        last.map(({ status, connection, reused }) => [status, connection, reused]),
        Array(24).fill([200, 'close', true]),
      );
      await stopping;
      agent.destroy();
    },
    { registry: promoted() },
  ),
);

/** One request on a connection of the agent, and what its answer says of that. */
const postBy = (agent: Agent, url: string, body: object) =>
  new Promise<{ status: number | undefined; connection: string | undefined; reused: boolean }>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => {
        const { statusCode: status, headers: said } = answer;
        resolve({ status, connection: said.connection, reused: sent.reusedSocket });
      });
    });
    sent.on('error', reject).end(JSON.stringify(body));
  });

http('stopping cuts off what does not end in time', () =>
  withServer(
    async ({ server }) => {
      await server.ready();
      const busy = await occupy(server.url);
      const cut = busy.response.catch(() => 'cut off');
      await server.stop();
      assert.is(await cut, 'cut off');
      busy.free();
    },
    { registry: promoted(), options: { shutdownMs: 200 }, world: { later } },
  ),
);

http('stopping waits for a worker that hangs, as long as it may', () =>
  withServer(
    async ({ server, lines, time }) => {
      await server.ready();
      const busy = await occupy(server.url);
      time.pass(1000);
      assert.is((await busy.response).status, 504);
      const stopping = server.stop();
      await until(() => server.state().model === null);
      busy.free();
      await stopping;
      assert.ok(lines.at(-1)?.includes('"stopped"'));
    },
    { registry: promoted(), options: { hungMs: 1000 } },
  ),
);

http('an address that is taken or is none is said plainly, and nothing is left running', () =>
  withServer(async ({ server, registry, store }) => {
    const world = { model: 'sentiment', registry, store, settled: new MemorySettled(), bounds: TEST_BOUNDS };
    const taken = await rejects(startServer(testOptions({ port: server.port }), world), CannotListenError);
    assert.match(taken.message, 'something else listens there');
    const none = await rejects(startServer(testOptions({ host: '203.0.113.1' }), world), CannotListenError);
    assert.match(none.message, 'no such address');
  }),
);

http('listens where it is told to, and says so', async () => {
  for (const [host, url] of [
    ['0.0.0.0', /^http:\/\/localhost:\d+$/],
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
  ] as const)
    await withServer(
      async ({ server }) => {
        assert.match(server.url, url);
        assert.is((await fetch(`${server.url}/health/live`)).status, 200);
      },
      { options: { host } },
    );
});

http.run();
