import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DownloadError } from '../../../../pipeline/errors.ts';
import { WeightsError } from '../../../../pipeline/training/transformer/errors.ts';
import { fetchModel, isHubId } from '../../../../pipeline/training/transformer/hub.hub.ts';
import { loadPretrained } from '../../../../pipeline/training/transformer/pretrained.ts';
import { goldenBytes } from '../../../support/golden.ts';
import { type HubDouble, hubDouble } from '../../../support/hub.ts';
import { ManualTime } from '../../../support/manual-time.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { rejects } from '../../../support/rejects.ts';
import { trainingContext } from '../../../support/training-context.ts';
import { until } from '../../../support/until.ts';

const model = () => {
  const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'vocab.txt', 'tokenizer_config.json'];
  return Object.fromEntries(names.map((name) => [name, goldenBytes('tiny-distilbert', name)]));
};
const patience = { tries: 3, pauseMs: 1, stallMs: 300 };

const hubs = suite('models from the hub');
const doubles: HubDouble[] = [];
hubs.after(async () => {
  for (const double of doubles) await double.close();
});

async function world(files: Record<string, Buffer> = model()) {
  const double = await hubDouble(files);
  doubles.push(double);
  const cache = temporaryFolder();
  const folders = { config: cache, cache, checkpoints: cache };
  const context = (offline = false) =>
    trainingContext({ rows: [], labels: [], folders, hub: { endpoint: `${double.endpoint}/`, offline, fetch } });
  const time = new ManualTime();
  const fetched = (revision = 'main', offline = false) =>
    fetchModel('someone/tiny', revision, { ...context(offline), cache }, { ...patience, later: time.later });
  return { double, cache, context, fetched, time };
}

hubs('a model is fetched once by its commit, and loads like a folder', async () => {
  const { double, context } = await world();
  const loaded = await loadPretrained('someone/tiny', context());
  assert.is(loaded.source.location, 'someone/tiny');
  assert.is(loaded.source.revision, double.commit);
  assert.is(loaded.parameters.size > 30, true);
  const asked = double.requests.filter((r) => r.includes('/resolve/'));
  assert.is(
    asked.some((r) => r.includes('vocab.txt')),
    false,
  );
  await loadPretrained('someone/tiny', context());
  assert.equal(
    double.requests.filter((r) => r.includes('/resolve/')),
    asked,
  );
  const before = double.requests.length;
  assert.is((await loadPretrained('someone/tiny', context(), double.commit)).source.digest, loaded.source.digest);
  assert.is((await loadPretrained('someone/tiny', context(true))).source.digest, loaded.source.digest);
  assert.is(double.requests.length, before);
});

hubs('a branch that moved is another model', async () => {
  const { double, fetched } = await world();
  const first = await fetched();
  double.commit = 'd'.repeat(40);
  assert.is((await fetched()).commit, double.commit);
  assert.is((await fetched('main', true)).commit, double.commit);
  assert.is((await fetched(first.commit, true)).folder, first.folder);
});

hubs('goes on where a cut connection left off, in this run or a later one', async () => {
  const { double, fetched, cache } = await world();
  const whole = double.files['model.safetensors'] as Buffer;
  double.fault = ({ headers }, response, path) => {
    if (!path.startsWith('/elsewhere/')) return false;
    const from = Number(/\d+/.exec(headers.range ?? '0')?.[0]);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': whole.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }),
    });
    response.write(whole.subarray(from, from + 20_000));
    const part = join(cache, 'hub', 'someone--tiny', double.commit, 'model.safetensors.part');
    const size = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
    void until(() => size() >= from + 20_000).then(() => response.destroy());
    return true;
  };
  const { message } = await rejects(fetched(), DownloadError);
  assert.match(
    message,
    /model\.safetensors in 3 tries .*run again to continue; without the network, give a Hugging Face folder/,
  );
  assert.not(readdirSync(join(cache, 'hub', 'someone--tiny', double.commit)).includes('complete.json'));
  double.fault = () => false;
  double.requests.length = 0;
  assert.is((await fetched()).files.length, 3);
  assert.ok(double.requests.at(-1)?.endsWith('/model.safetensors bytes=60000-'));
});

hubs('a hub that is busy is asked again, one that stays so is given up', async () => {
  const { double, fetched } = await world();
  let left = 2;
  double.fault = (_, response) => left-- > 0 && Boolean(response.writeHead(503).end());
  assert.is((await fetched()).files.length, 3);
  const other = await world();
  other.double.fault = (_, response) => Boolean(response.writeHead(429).end());
  assert.match(
    (await rejects(other.fetched(), DownloadError)).message,
    /could not ask .* \(it answered 429\): run again; without the network/,
  );
  other.double.fault = () => true; // never answers
  const before = other.double.requests.length;
  const given = rejects(other.fetched(), DownloadError);
  for (let tries = 1; tries <= patience.tries; tries++) {
    await until(() => other.double.requests.length === before + tries);
    other.time.pass(patience.stallMs);
  }
  assert.match((await given).message, /could not ask .* \(no answer in 300 ms\)/);
});

hubs('a model that is not there, or not for everyone, is said at once', async () => {
  for (const code of [401, 404]) {
    const { double, fetched } = await world();
    double.fault = (_, response) => Boolean(response.writeHead(code).end());
    assert.match(
      (await rejects(fetched('v9'), DownloadError)).message,
      new RegExp(`has no someone/tiny at v9 .*answered ${code}`),
    );
    assert.is(double.requests.length, 1);
  }
});

hubs('other bytes than were promised are thrown away', async () => {
  for (const name of ['model.safetensors', 'config.json']) {
    const { double, fetched, cache } = await world();
    const lie = Buffer.alloc((double.files[name] as Buffer).length, 7);
    double.fault = (_, response, path) => {
      if (!path.endsWith(name) || (name === 'model.safetensors' && !path.startsWith('/elsewhere/'))) return false;
      return Boolean(response.writeHead(200, { 'content-length': lie.length }).end(lie));
    };
    assert.match(
      (await rejects(fetched(), DownloadError)).message,
      new RegExp(`is not ${name.replace('.', '\\.')}: (?:sha256|git) .*nothing was kept`),
    );
    const left = readdirSync(join(cache, 'hub', 'someone--tiny', double.commit));
    assert.not(left.some((file) => file.startsWith(name) || file === 'complete.json'));
  }
});

hubs('answers that make no sense change nothing', async () => {
  const nonsense: readonly ((path: string) => unknown)[] = [
    () => ({ id: 'someone/tiny', sha: '../../../etc', lastModified: '2020-01-01T00:00:00Z' }),
    () => [],
    () => ({ sha: 7 }),
  ];
  for (const value of nonsense) {
    const { double, fetched, cache } = await world();
    double.fault = (_, response, path) =>
      Boolean(response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value(path))));
    assert.match((await rejects(fetched(), DownloadError)).message, /is no Hugging Face hub|could not ask/);
    assert.equal(readdirSync(cache), []);
  }
  for (const over of [{ size: -1 }, { size: 1e15 }, { oid: 'x' }, { lfs: { oid: '../x', size: 3 } }]) {
    const { double, fetched } = await world();
    double.fault = (_, response, path) =>
      path.includes('/paths-info/') &&
      Boolean(
        response
          .writeHead(200)
          .end(JSON.stringify([{ path: 'config.json', type: 'file', size: 1, oid: 'a'.repeat(40), ...over }])),
      );
    assert.match((await rejects(fetched(), DownloadError)).message, /is no Hugging Face hub/);
  }
  const { double, fetched } = await world();
  double.fault = (_, response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write(Buffer.alloc(1 << 20, 0x20)), 1);
    response.on('close', () => clearInterval(more));
    return true;
  };
  assert.match((await rejects(fetched(), DownloadError)).message, /no end/);
});

hubs('a hub cannot name files of its own', async () => {
  const { double, fetched, cache } = await world();
  double.fault = (_, response, path) =>
    path.includes('/paths-info/') &&
    Boolean(
      response.writeHead(200).end(JSON.stringify([{ path: '../../evil', type: 'file', size: 1, oid: 'a'.repeat(40) }])),
    );
  assert.match((await rejects(fetched(), WeightsError)).message, /has no config\.json/);
  assert.equal(readdirSync(cache), []);
});

hubs('a model without safetensors says what it has', async () => {
  const { 'model.safetensors': weights, ...rest } = model();
  const { fetched } = await world({ ...rest, 'pytorch_model.bin': weights as Buffer });
  assert.match(
    (await rejects(fetched(), WeightsError)).message,
    /has no model\.safetensors, only pytorch_model\.bin: save it/,
  );
});

hubs('a vocabulary alone is enough', async () => {
  const { 'tokenizer.json': _, ...rest } = model();
  const { context, double } = await world({ ...rest, 'tokenizer_config.json': Buffer.from('{"do_lower_case":true}') });
  const { source } = await loadPretrained('someone/tiny', context());
  assert.is(source.revision, double.commit);
  assert.equal(
    source.files.map(({ path }) => path),
    ['config.json', 'vocab.txt', 'tokenizer_config.json', 'model.safetensors'],
  );
});

hubs('offline, what is not in the cache is refused without asking', async () => {
  const { double, fetched } = await world();
  assert.match(
    (await rejects(fetched('main', true), WeightsError)).message,
    /is not in .* hub\.offline is set: run once without it/,
  );
  assert.equal(double.requests, []);
});

hubs('a file that was changed in the cache is refused', async () => {
  const { fetched, context } = await world();
  const { folder } = await fetched();
  writeFileSync(join(folder, 'config.json'), ` ${goldenBytes('tiny-distilbert', 'config.json')}`);
  assert.match(
    (await rejects(loadPretrained('someone/tiny', context()), WeightsError)).message,
    /config\.json of someone\/tiny has changed since/,
  );
});

hubs('ids are told from paths', () => {
  for (const id of ['bert-base-uncased', 'distilbert/distilbert-base-uncased', 'a/b.c_d']) assert.ok(isHubId(id), id);
  for (const path of ['', './x', '../x/y', '/x', 'a/b/c', 'a//b', 'a/..', 'a\\b', 'a b', 'https://x/y', 'a--b/c'])
    assert.not(isHubId(path), path);
});

hubs.run();
