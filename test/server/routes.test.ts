import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModelFailedError, WorkerHungError, WorkerLostError } from '../../registry-repo/model-process/errors.ts';
import { DeadlineExceededError, OverloadedError, QueueFullError } from '../../server/inference/errors.ts';
import { Problem } from '../../server/problems.ts';
import { ModelAnswer } from '../../server/routes/model.ts';
import { BIAS, fakeEngine, testApp } from '../support/app.ts';
import { fakeProbability } from '../support/fake-runtime.ts';

/** Status and code of an answer that must be a well-formed problem. */
async function problem(response: Response | Promise<Response>): Promise<[number, string]> {
  const r = await response;
  assert.is(r.headers.get('content-type'), 'application/problem+json');
  const parsed = Problem.parse(await r.json());
  assert.is(parsed.status, r.status);
  assert.ok(parsed.title.length > 0 && parsed.detail.length > 0);
  return [r.status, parsed.code];
}

const predictions = suite('predictions');

predictions('one text gives its label, its probabilities and the version that answered', async () => {
  const { predict } = await testApp();
  const response = await predict('a fine film');
  const pos = fakeProbability(BIAS, 'a fine film');
  const neg = Math.fround(1 - pos);
  assert.is(response.status, 200);
  assert.equal(await response.json(), {
    label: 'pos',
    probability: pos,
    probabilities: { neg, pos },
    model: { name: 'sentiment', version: 3 },
  });
});

predictions('every answer says which manifest and commit it comes from', async () => {
  const { predict, post, live } = await testApp();
  for (const response of [await predict('x'), await post('/predict/batch', '{"texts":["x"]}')]) {
    assert.is(response.headers.get('pawl-model'), 'sentiment/3');
    assert.is(response.headers.get('pawl-manifest'), live.facts?.manifest);
    assert.is(response.headers.get('pawl-commit'), live.facts?.commit);
  }
});

predictions('several texts give several predictions in order', async () => {
  const { post } = await testApp();
  const texts = Array.from({ length: 256 }, (_, i) => `text ${i}`);
  const response = await post('/predict/batch', JSON.stringify({ texts }));
  const { predictions: all, model } = (await response.json()) as {
    predictions: { probabilities: { pos: number } }[];
    model: unknown;
  };
  assert.equal(
    all.map((p) => p.probabilities.pos),
    texts.map((text) => fakeProbability(BIAS, text)),
  );
  assert.equal(model, { name: 'sentiment', version: 3 });
});

predictions('of equally probable labels the first wins', async () => {
  const tie = fakeEngine({ classify: async () => [new Float32Array([0.5, 0.5])] });
  const { label } = (await (await (await testApp(tie)).predict('x')).json()) as { label: string };
  assert.is(label, 'neg');
});

predictions('any well-formed text that is not empty is classified', async () => {
  const { predict } = await testApp(fakeEngine(), { limits: { bodyBytes: 10_000_000 } });
  const odd = [' ', '\u0000', '\n', '😀'.repeat(100_000), 'x'.repeat(100_000), '\ufeff', 'א\u202e', '<br />', '"\\'];
  for (const text of odd) assert.is((await predict(text)).status, 200, JSON.stringify(text.slice(0, 10)));
});

predictions('text comes through exactly as it was sent', async () => {
  let seen: readonly string[] = [];
  const spy = fakeEngine({
    classify: async (texts) => {
      seen = texts;
      return texts.map(() => new Float32Array([0.5, 0.5]));
    },
  });
  const { post } = await testApp(spy);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 5 }),
      async (texts) => {
        assert.is((await post('/predict/batch', JSON.stringify({ texts }))).status, 200);
        assert.equal(seen, texts);
      },
    ),
    { numRuns: 200 },
  );
});

predictions('labels with odd names are answered like others', async () => {
  const { predict } = await testApp(fakeEngine(), { model: { labels: ['__proto__', 'constructor'] } });
  const text = await (await predict('a fine film')).text();
  assert.match(text, '"label":"constructor"');
  assert.match(text, '"probabilities":{"__proto__":');
});

predictions('counts what was answered, refused and failed, and logs none of it', async () => {
  const { predict, traffic, lines } = await testApp(
    fakeEngine({
      classify: async ([text]) => {
        if (text === 'SECRET fails') throw new WorkerLostError('a worker ended');
        if (text === 'SECRET surprises') throw new TypeError('cannot read SECRET');
        return [new Float32Array([0.1, 0.9])];
      },
    }),
  );
  for (const text of ['SECRET one', 'SECRET two', '', 'SECRET fails', 'SECRET surprises']) await predict(text);
  const [window] = traffic.take(new Date(1000));
  const { requests, texts, labels, refused, failed } = window ?? {};
  assert.equal(
    { requests, texts, labels, refused, failed },
    {
      requests: 2,
      texts: 2,
      labels: { pos: 2 },
      refused: 1,
      failed: 2,
    },
  );
  assert.ok(lines.length >= 5);
  assert.not.match(lines.join(''), 'SECRET');
});

predictions.run();

const refusals = suite('refusals');

refusals('a body that is not what was asked for', async () => {
  const { post } = await testApp(fakeEngine(), { limits: { textCharacters: 10, batchTexts: 2 } });
  const cases: [string, string, number, string][] = [
    ['/predict', '', 400, 'invalid_body'],
    ['/predict', '{', 400, 'invalid_body'],
    ['/predict', '{"text":"x"} x', 400, 'invalid_body'],
    ['/predict', 'null', 422, 'invalid_request'],
    ['/predict', '[]', 422, 'invalid_request'],
    ['/predict', '"x"', 422, 'invalid_request'],
    ['/predict', '{}', 422, 'invalid_request'],
    ['/predict', '{"text":1}', 422, 'invalid_request'],
    ['/predict', '{"text":null}', 422, 'invalid_request'],
    ['/predict', '{"text":["x"]}', 422, 'invalid_request'],
    ['/predict', '{"text":""}', 422, 'invalid_request'],
    ['/predict', '{"text":"\\ud800"}', 422, 'invalid_request'],
    ['/predict', '{"text":"x","more":1}', 422, 'invalid_request'],
    ['/predict', '{"text":"x","__proto__":{"y":1}}', 422, 'invalid_request'],
    ['/predict', '{"text":"12345678901"}', 422, 'invalid_request'],
    ['/predict', `{"text":"${'😀'.repeat(11)}"}`, 422, 'invalid_request'],
    ['/predict/batch', '{"texts":[]}', 422, 'invalid_request'],
    ['/predict/batch', '{"texts":["a","b","c"]}', 422, 'invalid_request'],
    ['/predict/batch', '{"texts":["a",""]}', 422, 'invalid_request'],
    ['/predict/batch', '{"text":"a"}', 422, 'invalid_request'],
  ];
  for (const [path, body, status, code] of cases)
    assert.equal(await problem(post(path, body)), [status, code], `${path} ${body}`);
  assert.is((await post('/predict', `{"text":"${'😀'.repeat(10)}"}`)).status, 200);
  assert.is((await post('/predict', '\ufeff{"text":"x"}')).status, 200, 'a byte order mark is no part of JSON');
});

refusals('says all that is wrong and where, and repeats nothing that was sent', async () => {
  const { post } = await testApp();
  const body = { texts: ['fine', '', 'SECRET\ud800', 7], SECRET: 'SECRET' };
  const text = await (await post('/predict/batch', JSON.stringify(body))).text();
  const { errors } = Problem.parse(JSON.parse(text));
  assert.equal(
    errors?.map((e) => e.path),
    ['texts.1', 'texts.2', 'texts.3', '(body)'],
  );
  assert.not.match(text, 'SECRET');
  assert.not.match(await (await post('/predict', 'SECRET')).text(), 'SECRET');
});

refusals('bytes that are no UTF-8, wherever they are', async () => {
  const { post } = await testApp();
  const open = Buffer.from('{"text":"');
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf]]) {
    const body = Buffer.concat([open, Buffer.from(bytes), Buffer.from('"}')]);
    assert.equal(await problem(post('/predict', body)), [400, 'invalid_body']);
  }
  assert.equal(await problem(post('/predict', Buffer.from('{"text":"x"}', 'utf16le'))), [400, 'invalid_body']);
});

refusals('anything but JSON in UTF-8, sent as it is', async () => {
  const { app, post } = await testApp();
  const body = '{"text":"x"}';
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonx',
  ])
    assert.equal(
      await problem(post('/predict', body, { 'content-type': type })),
      [415, 'unsupported_media_type'],
      type,
    );
  assert.equal(await problem(app.request('/predict', { method: 'POST' })), [415, 'unsupported_media_type']);
  assert.equal(await problem(post('/predict', body, { 'content-encoding': 'gzip' })), [415, 'unsupported_media_type']);
  for (const type of ['application/json', 'Application/JSON;charset=UTF-8', 'application/json ; charset="utf-8"'])
    assert.is((await post('/predict', body, { 'content-type': type })).status, 200, type);
});

refusals('a body that is too large, whether it says so or not', async () => {
  const { post } = await testApp(fakeEngine(), { limits: { bodyBytes: 100 } });
  const exactly = `{"text":"${'x'.repeat(89)}"}`;
  assert.is(exactly.length, 100);
  assert.is((await post('/predict', exactly)).status, 200);
  assert.equal(await problem(post('/predict', `${exactly} `)), [413, 'body_too_large']);
  assert.equal(await problem(post('/predict', exactly, { 'content-length': '101' })), [413, 'body_too_large']);
});

refusals('no body at all makes the server fail', async () => {
  const { post, lines } = await testApp();
  const texts = fc.record({ text: fc.anything(), texts: fc.anything() }, { requiredKeys: [] });
  const body = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.json(),
    texts.map((value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}` : v)) ?? 'null'),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('/predict', '/predict/batch'), body, async (path, sent) => {
      const response = await post(path, sent);
      assert.ok([200, 400, 422].includes(response.status), `${response.status}`);
      await response.json();
    }),
    { numRuns: 500 },
  );
  assert.not.match(lines.join(''), 'a request failed');
});

refusals('too much at once is turned away with a time to come back', async () => {
  let free = () => {};
  const busy = new Promise<void>((resolve) => {
    free = resolve;
  });
  const slow = fakeEngine({
    classify: async () => {
      await busy;
      return [new Float32Array([0.5, 0.5])];
    },
  });
  const { predict, post } = await testApp(slow, { limits: { heldBytes: 20, bodyBytes: 30 } });
  const first = predict('x');
  const second = await post('/predict', '{"text":"y"}', { 'content-length': '12' });
  assert.is(second.headers.get('retry-after'), '1');
  assert.equal(await problem(second), [429, 'queue_full']);
  free();
  assert.is((await first).status, 200);
  assert.is((await predict('again')).status, 200);
});

refusals('a full queue turns requests away before they are read', async () => {
  const { app } = await testApp(fakeEngine({ full: () => true }));
  const body = new ReadableStream({ pull: () => assert.unreachable('the body was read') }, { highWaterMark: 0 });
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' }, duplex: 'half' } as RequestInit;
  assert.equal(await problem(app.request('/predict', init)), [429, 'queue_full']);
});

refusals('what befell the request is its status and code; what befell us is nobody’s business', async () => {
  const errors: [Error, number, string][] = [
    [new QueueFullError('full'), 429, 'queue_full'],
    [new OverloadedError('too much'), 503, 'overloaded'],
    [new DeadlineExceededError('slow'), 504, 'deadline_exceeded'],
    [new WorkerHungError('hung'), 504, 'worker_hung'],
    [new WorkerLostError('lost'), 500, 'worker_lost'],
    [new ModelFailedError('failed'), 500, 'model_failed'],
    [new TypeError('SECRET'), 500, 'internal'],
    [Object.assign(new Error('SECRET'), { code: 'queue_full' }), 500, 'internal'],
  ];
  for (const [error, status, code] of errors) {
    const failing = fakeEngine({
      classify: async () => {
        throw error;
      },
    });
    const { predict, lines } = await testApp(failing);
    const response = await predict('x');
    assert.not.match(await response.clone().text(), 'SECRET');
    assert.equal(await problem(response), [status, code]);
    assert.not.match(lines.join(''), 'SECRET');
    assert.is(
      lines.some((line) => line.includes('a request failed')),
      code === 'internal',
    );
  }
});

refusals(
  'attack 94: a host that is not this server’s is refused, where a page could ask or read anything',
  async () => {
    const { app } = await testApp(fakeEngine(), { hosts: ['models.example.org', 'pawl_1.default.svc'] });
    const ask = (path: string, host: string) => app.request(path, { headers: { host } });
    const [own, foreign] = [
      [
        'localhost',
        'LOCALHOST:80',
        'localhost.:7295',
        '127.0.0.1:1',
        '10.1.2.3',
        '[::1]:7295',
        '[fd00::7]',
        'models.example.org',
        'Models.Example.Org:443',
        'pawl_1.default.svc',
      ],
      [
        'evil.example',
        'evil.example:7295',
        'localhost.evil.example',
        'models.example.org.evil',
        '127.0.0.1.evil.example',
        '2130706433',
        '0x7f.1',
        '[evil]',
        '[127.0.0.1]',
        '[::1',
        'localhost@evil',
        'localhost,evil',
        ' ',
        'localhost:x',
      ],
    ];
    for (const host of own) assert.is((await ask('/model', host)).status, 200, host);
    for (const host of foreign) {
      for (const path of ['/', '/model', '/openapi.json', '/assets/page.js', '/nope'])
        assert.equal(await problem(ask(path, host)), [421, 'host_unknown'], `${host} ${path}`);
      assert.is((await ask('/health/live', host)).status, 200, host);
      assert.is((await ask('/health/ready', host)).status, 200, host);
    }
    const post = { method: 'POST', headers: { host: 'evil.example', 'content-type': 'application/json' } };
    assert.equal(await problem(app.request('/predict', { ...post, body: '{"text":"x"}' })), [421, 'host_unknown']);
    assert.equal(await problem(app.request('/webhooks/github', post)), [404, 'webhooks_off'], 'its signature decides');
    const { app: any } = await testApp(fakeEngine(), { hosts: ['*'] });
    assert.is((await any.request('/model', { headers: { host: 'evil.example' } })).status, 200);
  },
);

refusals('unknown paths and methods, with what would be allowed', async () => {
  const { app } = await testApp();
  assert.equal(await problem(app.request('/nope')), [404, 'not_found']);
  assert.equal(await problem(app.request('/predict/')), [404, 'not_found']);
  assert.equal(await problem(app.request('/assets/../main.js')), [404, 'not_found']);
  assert.equal(await problem(app.request('/assets/page.html')), [404, 'not_found']);
  for (const [method, path, allow] of [
    ['GET', '/predict', 'POST'],
    ['OPTIONS', '/predict/batch', 'POST'],
    ['PUT', '/model', 'GET, HEAD'],
    ['DELETE', '/', 'GET, HEAD'],
    ['POST', '/assets/page.css', 'GET, HEAD'],
  ] as const) {
    const response = await app.request(path, { method });
    assert.is(response.headers.get('allow'), allow);
    assert.equal(await problem(response), [405, 'method_not_allowed']);
  }
});

refusals.run();

const facts = suite('facts');

facts('without a model nothing is ready, and everything says so', async () => {
  const { app, predict } = await testApp(null);
  assert.is((await app.request('/health/live')).status, 200);
  assert.equal(await problem(app.request('/health/ready')), [503, 'model_not_ready']);
  assert.equal(await problem(app.request('/model')), [503, 'model_not_ready']);
  const refused = await predict('x');
  assert.is(refused.headers.get('retry-after'), '2');
  assert.equal(await problem(refused), [503, 'model_not_ready']);
  assert.match(await (await app.request('/')).text(), 'not ready');
});

facts('attack 95: readiness names what stands in its way by its code; nobody but the log is told more', async () => {
  const at = new Date(0);
  const problemState = { code: 'verdict_missing', detail: 'SECRET /srv/keys', commit: null, at };
  const state = { desired: null, settled: null, lags: true, checkedAt: null, problem: problemState };
  const { app } = await testApp(null, { state: () => state });
  const { detail } = Problem.parse(await (await app.request('/health/ready')).json());
  assert.match(detail, 'verdict_missing');
  const serving = await testApp(fakeEngine(), { state: () => state });
  for (const path of ['/health/ready', '/model', '/'])
    for (const from of [app, serving.app]) {
      const told = await (await from.request(path)).text();
      assert.not.match(told, 'SECRET', path);
      assert.ok(path !== '/model' || from === app || told.includes('"code":"verdict_missing"'));
    }
  const empty = { ...state, lags: false, problem: null, settled: 'a'.repeat(40) };
  const waiting = await (await (await testApp(null, { state: () => empty })).app.request('/health/ready')).json();
  assert.match((waiting as Problem).detail, 'promote one');
});

facts('a server that stops is not ready, and asks connections to end', async () => {
  const { app, predict } = await testApp(fakeEngine(), { draining: () => true });
  assert.equal(await problem(app.request('/health/ready')), [503, 'shutting_down']);
  assert.is((await app.request('/health/live')).status, 200);
  const last = await predict('still answered');
  assert.equal([last.status, last.headers.get('connection')], [200, 'close']);
});

facts('without a worker it is not ready, but sound', async () => {
  const replacing = await testApp(fakeEngine({ health: { workers: 2, usable: 0, lost: 2, waiting: 0 } }));
  assert.equal(await problem(replacing.app.request('/health/ready')), [503, 'model_not_ready']);
  assert.is((await replacing.app.request('/health/live')).status, 200);
});

facts('the metrics tell of the workers', async () => {
  const { app, metrics } = await testApp(fakeEngine({ health: { workers: 3, usable: 2, lost: 1, waiting: 7 } }));
  metrics.lost('worker_hung');
  const answer = await app.request('/metrics');
  assert.match(answer.headers.get('content-type') ?? '', 'text/plain');
  const samples = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(samples, [
    'pawl_workers 3',
    'pawl_workers_usable 2',
    'pawl_texts_waiting 7',
    'pawl_workers_lost_total{code="worker_hung"} 1',
  ]);
});

facts('the metrics count requests of each version, and only grow', async () => {
  const { app, predict, traffic } = await testApp();
  const samples = async () =>
    (await (await app.request('/metrics')).text())
      .split('\n')
      .filter((line) => /^pawl_(requests|texts)_total/.test(line));
  assert.equal(await samples(), []);
  const answer = (await (await predict('good')).json()) as { label: string };
  await app.request('/predict', { method: 'POST', body: 'no JSON' });
  const expected = [
    'pawl_requests_total{model="sentiment",version="3",outcome="answered"} 1',
    'pawl_requests_total{model="sentiment",version="3",outcome="refused"} 1',
    'pawl_requests_total{model="sentiment",version="3",outcome="failed"} 0',
    `pawl_texts_total{model="sentiment",version="3",label="${answer.label}"} 1`,
  ];
  assert.equal(await samples(), expected);
  assert.is(traffic.take(new Date(1000)).length, 1);
  assert.equal(await samples(), expected, 'a window of the log ends, the counters go on');
});

facts('the model tells what it is, on what evidence, and how far the registry was followed', async () => {
  const { app, live } = await testApp();
  const response = await app.request('/model');
  const answer = ModelAnswer.parse(await response.json());
  assert.is(response.headers.get('pawl-model'), 'sentiment/3');
  assert.equal([answer.name, answer.version, answer.labels], ['sentiment', 3, ['neg', 'pos']]);
  assert.is(answer.since, '2026-01-02T03:04:05.678Z');
  assert.equal([answer.manifest, answer.commit], [live.facts?.manifest, live.facts?.commit]);
  assert.equal(answer.evaluation.measured?.confusion, [
    [45, 5],
    [3, 47],
  ]);
  const unmeasured = await testApp(fakeEngine(), { model: { measured: null } });
  assert.is(ModelAnswer.parse(await (await unmeasured.app.request('/model')).json()).evaluation.measured, null);
});

facts('HEAD answers like GET, without a body', async () => {
  const { app } = await testApp();
  for (const path of ['/', '/model', '/health/ready', '/openapi.json', '/assets/page.js']) {
    const [get, head] = [await app.request(path), await app.request(path, { method: 'HEAD' })];
    assert.equal([head.status, head.headers.get('content-type')], [get.status, get.headers.get('content-type')]);
    assert.is(await head.text(), '');
  }
});

facts('nothing may be framed, sniffed, or loaded from elsewhere', async () => {
  const { app, predict } = await testApp();
  for (const response of [
    await app.request('/'),
    await app.request('/model'),
    await predict(''),
    await app.request('/nope'),
  ]) {
    assert.match(response.headers.get('content-security-policy') ?? '', "default-src 'none'");
    assert.is(response.headers.get('x-content-type-options'), 'nosniff');
    assert.is(response.headers.get('x-frame-options'), 'DENY');
    assert.is(response.headers.get('cache-control'), 'no-store');
  }
  assert.not.match((await app.request('/')).headers.get('content-security-policy') ?? '', 'unsafe');
});

facts('files of the page are cached by their content', async () => {
  const { app } = await testApp();
  const first = await app.request('/assets/page.css');
  const etag = first.headers.get('etag') ?? '';
  assert.match(first.headers.get('content-type') ?? '', 'text/css');
  assert.ok((await first.text()).length > 100);
  const again = await app.request('/assets/page.css', { headers: { 'if-none-match': etag } });
  assert.equal([again.status, await again.text(), again.headers.get('etag')], [304, '', etag]);
});

facts('the page says it all without a script, and escapes what is not ours', async () => {
  const { app } = await testApp(fakeEngine(), { model: { labels: ['<script>alert(1)</script>', 'b&"c'] } });
  const text = await (await app.request('/')).text();
  for (const fact of ['version 3', '0.9216', '92 of 100 right', '2026-01-02 03:04 UTC', '1v8k2m0p4qxa'])
    assert.match(text, fact);
  assert.not.match(text, '<script>alert');
  assert.match(text, 'b&amp;&quot;c');
});

facts('the interface is described, every reference resolves, and every path is there', async () => {
  const { app } = await testApp(fakeEngine(), { limits: { textCharacters: 77, batchTexts: 5 } });
  const text = await (await app.request('/openapi.json')).text();
  const document = JSON.parse(text) as {
    openapi: string;
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    components: { schemas: Record<string, unknown> };
  };
  assert.is(document.openapi, '3.1.0');
  assert.equal(Object.keys(document.paths).sort(), [
    '/health/live',
    '/health/ready',
    '/metrics',
    '/model',
    '/predict',
    '/predict/batch',
    '/webhooks/gitea',
    '/webhooks/github',
  ]);
  for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
    assert.ok(document.components.schemas[name as string], name);
  assert.match(text, '"maxLength":77');
  assert.match(text, '"maxItems":5');
  for (const path of ['/predict', '/predict/batch'])
    assert.equal(
      Object.keys(document.paths[path]?.post?.responses ?? {}),
      '200 400 413 415 421 422 429 500 503 504'.split(' '),
    );
});

facts.run();
