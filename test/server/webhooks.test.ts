import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Deliveries } from '../../server/hooks/deliveries.ts';
import { testApp } from '../support/app.ts';
import { FakeRegistry } from '../support/fake-registry.ts';
import { postJson, withServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { countingHooks, giteaHook, githubHook, hmac, pushTo, SECRET, type Sent } from '../support/webhooks.ts';

type Answer = { result?: string; code?: string; detail: string };

/** An app that takes webhooks, what they led to, and ways to send them. */
async function hooked() {
  const { hooks, seen } = countingHooks();
  const { app, lines, predict } = await testApp(undefined, { hooks });
  const post = async (path: string, init: RequestInit) => {
    const response = await app.request(path, init);
    return { status: response.status, ...((await response.json()) as Answer) };
  };
  return {
    seen,
    lines,
    predict,
    github: (sent?: Sent) => post('/webhooks/github', githubHook(sent)),
    gitea: (sent?: Sent) => post('/webhooks/gitea', giteaHook(sent)),
    post,
  };
}

const webhooks = suite('webhooks');

webhooks('a signed push to the registry or to the training repository asks to look at it', async () => {
  const { github, gitea, seen } = await hooked();
  const heard = await github();
  assert.equal([heard.status, heard.result], [202, 'accepted']);
  assert.equal(seen, { registry: 1, training: 0 });
  assert.is((await gitea({ about: 'org/training' })).result, 'accepted');
  assert.equal(seen, { registry: 1, training: 1 });
  assert.is((await github({ about: 'ORG/Registry' })).result, 'accepted', 'forges do not care about case');
  assert.equal(seen, { registry: 2, training: 1 });
});

webhooks(
  'attack 57: without a right signature of these very bytes nothing is done, and nothing is repeated',
  async () => {
    const { github, gitea, post, seen, lines } = await hooked();
    const body = pushTo('org/registry');
    const sha1 = `sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}`;
    const signatures: Record<string, string | undefined>[] = [
      { 'x-hub-signature-256': undefined },
      { 'x-hub-signature-256': '' },
      { 'x-hub-signature-256': 'sha256=' },
      { 'x-hub-signature-256': `sha256=${hmac(body).slice(0, 62)}` },
      { 'x-hub-signature-256': hmac(body) },
      { 'x-hub-signature-256': `sha256=${hmac(body).toUpperCase()}` },
      { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
      { 'x-hub-signature-256': `sha256=${hmac(body, `${SECRET}!`)}` },
      { 'x-hub-signature-256': `sha256=${hmac(`${body} `)}` },
      { 'x-hub-signature-256': undefined, 'x-hub-signature': sha1 },
      { 'x-hub-signature-256': sha1 },
      { 'x-hub-signature-256': undefined, 'x-gitea-signature': hmac(body) },
    ];
    for (const headers of signatures) {
      const refused = await github({ body, headers });
      assert.equal([refused.status, refused.code], [401, 'signature_wrong'], JSON.stringify(headers));
    }
    for (const headers of [
      { 'x-gitea-signature': undefined },
      { 'x-gitea-signature': hmac(body).slice(1) },
      { 'x-gitea-signature': `sha256=${hmac(body)}` },
      { 'x-gitea-signature': '0'.repeat(64) },
    ])
      assert.is((await gitea({ body, headers })).status, 401, JSON.stringify(headers));
    const tampered = githubHook({ body });
    assert.is((await post('/webhooks/github', { ...tampered, body: body.replace('main', 'mine') })).status, 401);
    assert.is((await github({ body: '' })).status, 401);
    assert.equal(seen, { registry: 0, training: 0 });
    assert.not.match(lines.join('\n'), 'refs/heads');
    assert.is((await github({ body })).status, 202, 'and the right one is right');
  },
);

webhooks('attack 57: the signature is over the raw bytes, whatever they are', async () => {
  const { github, gitea, seen } = await hooked();
  const spaced = `\n{ "repository" : {"full_name":"org/registry"}, "é": "\\u00e9" }`;
  assert.is((await github({ body: spaced })).result, 'accepted');
  const broken = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  const replaced = new TextDecoder().decode(broken);
  assert.is((await github({ body: broken })).status, 401, 'no UTF-8 is nothing GitHub signs');
  assert.is(
    (await github({ body: broken, headers: { 'x-hub-signature-256': `sha256=${hmac(replaced)}` } })).status,
    401,
    'nor is a signature of what such bytes would be read as',
  );
  assert.is((await gitea({ body: broken })).code, 'invalid_body');
  const marked = `\ufeff${pushTo('org/registry')}`;
  const unmarked = { 'x-hub-signature-256': `sha256=${hmac(marked.slice(1))}` };
  assert.is((await github({ body: marked, headers: unmarked })).status, 401, 'a byte order mark counts');
  assert.equal(seen, { registry: 1, training: 0 });
});

webhooks('without a secret there are no webhooks, and the answer says which variable to set', async () => {
  const { app } = await testApp();
  for (const path of ['/webhooks/github', '/webhooks/gitea']) {
    const response = await app.request(path, githubHook());
    const { code, detail } = (await response.json()) as Answer;
    assert.equal([response.status, code], [404, 'webhooks_off']);
    assert.match(detail, 'PAWL_SECRET_WEBHOOK');
  }
});

webhooks('attack 58: a delivery counts once, and an older push after a newer one is only another look', async () => {
  const { github, gitea, seen } = await hooked();
  const newer = { delivery: 'b', body: pushTo('org/training', '2'.repeat(40)) };
  assert.is((await github(newer)).result, 'accepted');
  const again = await github(newer);
  assert.equal([again.status, again.result], [202, 'duplicate']);
  assert.is((await github({ ...newer, event: 'status' })).result, 'duplicate');
  assert.is(seen.training, 1);
  assert.is((await github({ delivery: 'a', body: pushTo('org/training', '1'.repeat(40)) })).result, 'accepted');
  assert.is(seen.training, 2, 'who looks finds the newest, whatever the webhook was about');
  assert.is((await gitea({ delivery: 'b' })).result, 'accepted', 'another forge has ids of its own');
});

webhooks('attack 58: whoever cannot sign cannot make the server forget or foresee a delivery', async () => {
  const { github, seen } = await hooked();
  assert.is((await github({ delivery: 'x', secret: 'another secret, long enough' })).status, 401);
  assert.is((await github({ delivery: 'x', body: 'no json' })).status, 400);
  assert.is((await github({ delivery: 'x' })).result, 'accepted');
  assert.is(seen.registry, 1);
});

webhooks('the memory of deliveries is bounded, and forgets the oldest', () => {
  const deliveries = new Deliveries(3);
  for (const id of ['a', 'b', 'c', 'd']) assert.is(deliveries.take(id), true);
  assert.is(deliveries.take('d'), false);
  assert.is(deliveries.take('b'), false);
  assert.is(deliveries.take('a'), true);
});

webhooks('a delivery without a usable id or event is refused', async () => {
  const { github, seen } = await hooked();
  for (const headers of [
    { 'x-github-delivery': undefined },
    { 'x-github-delivery': 'a b' },
    { 'x-github-delivery': 'x'.repeat(101) },
    { 'x-github-event': undefined },
  ]) {
    const refused = await github({ headers });
    assert.equal([refused.status, refused.code], [400, 'invalid_delivery']);
  }
  assert.is(seen.registry, 0);
});

webhooks('what is about nothing of ours is heard and ignored', async () => {
  const { github, seen } = await hooked();
  for (const sent of [
    { event: 'ping' },
    { event: 'ping', body: '{"zen":"Speak like a human."}' },
    { event: 'issues' },
    { event: 'constructor' },
    { about: 'org/other' },
    { about: 'org/registry2' },
    { event: 'pull_request', about: 'org/training' },
    { body: '{}' },
    { body: '{"__proto__":{"repository":{"full_name":"org/registry"}}}' },
  ]) {
    const heard = await github(sent);
    assert.equal([heard.status, heard.result], [202, 'ignored'], JSON.stringify(sent));
  }
  assert.equal(seen, { registry: 0, training: 0 });
  for (const event of ['pull_request', 'pull_request_review', 'status']) await github({ event });
  assert.is(seen.registry, 3);
});

webhooks('a repository that is not configured is never meant', async () => {
  const { hooks, seen } = countingHooks({ registry: null, training: null });
  const { app } = await testApp(undefined, { hooks });
  for (const name of ['null', 'org/registry'])
    assert.is((await app.request('/webhooks/github', githubHook({ about: name }))).status, 202);
  assert.equal(seen, { registry: 0, training: 0 });
});

webhooks('a body of another shape or kind is refused, and not repeated', async () => {
  const { github, seen } = await hooked();
  const shapes: [string, number][] = [
    ['not json', 400],
    ['[]', 422],
    ['{"repository":7}', 422],
    ['{"repository":{"full_name":["org/registry"]}}', 422],
    [`{"repository":{"full_name":"${'x'.repeat(301)}"}}`, 422],
    ['['.repeat(200_000), 400],
  ];
  for (const [body, status] of shapes) assert.is((await github({ body })).status, status, body.slice(0, 60));
  const twice = '{"repository":{"full_name":"org/other"},"repository":{"full_name":"org/registry"}}';
  assert.is((await github({ body: twice })).result, 'accepted', 'a hint, whichever it is');
  const form = await github({
    body: `payload=${encodeURIComponent(pushTo('org/registry'))}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.is(form.status, 415);
  assert.match(form.detail, 'content type to application/json');
  assert.is((await github({ headers: { 'content-encoding': 'gzip' } })).status, 415);
  assert.is(seen.registry, 1);
});

webhooks('attack 59: what is too large is refused, by its own account or while it comes', async () => {
  const { github, post, seen } = await hooked();
  const body = JSON.stringify({ repository: { full_name: 'org/registry' }, more: 'x'.repeat(1_048_576) });
  const refused = await github({ body });
  assert.equal([refused.status, refused.code], [413, 'body_too_large']);
  const announced = githubHook({ headers: { 'content-length': '25000000' } });
  assert.is((await post('/webhooks/github', announced)).status, 413);
  assert.is(seen.registry, 0);
});

const promoted = () => {
  const registry = new FakeRegistry();
  registry.promote(1);
  return registry;
};

webhooks('attack 59: a thousand webhooks at once cost a few looks, and predictions are answered meanwhile', () => {
  const { hooks, seen } = countingHooks();
  const registry = promoted();
  let looks = 0;
  let goOn = () => {};
  let slow: Promise<void> = Promise.resolve();
  const sync = registry.sync.bind(registry);
  registry.sync = async () => {
    looks++;
    await slow;
    return sync();
  };
  return withServer(
    async ({ server }) => {
      await server.ready();
      const before = looks;
      slow = new Promise((resolve) => (goOn = resolve));
      const flood = Array.from({ length: 1000 }, () => fetch(`${server.url}/webhooks/github`, githubHook()));
      assert.is((await postJson(`${server.url}/predict`, { text: 'meanwhile' })).status, 200);
      const statuses = new Set((await Promise.all(flood)).map((r) => r.status));
      assert.is(statuses.has(202), true);
      assert.equal(
        [...statuses].filter((s) => s !== 202 && s !== 429),
        [],
      );
      goOn();
      await server.poke();
      assert.ok(seen.registry > 0);
      assert.is(looks - before, 2, `one while they came and one afterwards, for ${seen.registry} hints`);
      assert.is((await postJson(`${server.url}/predict`, { text: 'afterwards' })).status, 200);
    },
    { registry, world: { hooks } },
  );
});

/** A webhook whose body begins and never ends. */
async function endless(port: number) {
  const head = `POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nX-Hub-Signature-256: sha256=${'0'.repeat(64)}\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: d\r\n\r\n1\r\n{\r\n`;
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => (heard += chunk));
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(head);
  return { socket, heard: () => heard };
}

webhooks('attack 59: bodies that do not end are cut off', () => {
  const { hooks } = countingHooks();
  return withServer(
    async ({ server }) => {
      const { heard, socket } = await endless(server.port);
      await until(() => heard() !== '');
      assert.match(heard(), /^HTTP\/1\.1 408 /);
      socket.destroy();
    },
    { registry: promoted(), world: { hooks }, options: { bodyMs: 300 } },
  );
});

webhooks('attack 59: bodies that do not end take no room, from predictions or from other webhooks', () => {
  const { hooks, seen } = countingHooks();
  return withServer(
    async ({ server }) => {
      await server.ready();
      const slow = await Promise.all(Array.from({ length: 20 }, () => endless(server.port)));
      assert.is((await postJson(`${server.url}/predict`, { text: 'meanwhile' })).status, 200);
      assert.is((await fetch(`${server.url}/webhooks/github`, githubHook())).status, 202);
      assert.is(seen.registry, 1);
      assert.ok(slow.every((s) => s.heard() === ''));
      for (const { socket } of slow) socket.destroy();
    },
    { registry: promoted(), world: { hooks } },
  );
});

webhooks('a signed webhook about the registry makes the server look at once', () => {
  const { hooks } = countingHooks();
  return withServer(
    async ({ server, registry }) => {
      await server.ready();
      registry.promote(2);
      assert.is((await fetch(`${server.url}/webhooks/github`, githubHook())).status, 202);
      await until(() => server.state().model?.version === 2);
    },
    { registry: promoted(), world: { hooks } },
  );
});

webhooks.run();
