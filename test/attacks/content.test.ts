import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inShort } from '../support/crafted.ts';
import { type Candidate, candidateOf, MODEL, modelPolicy, TestRegistry } from '../support/registry.ts';

const attacks = suite<{ test: TestRegistry }>('attacks by what else is in the pull request');
attacks.before(async (context) => {
  context.test = await TestRegistry.create((policy) => {
    policy.models.other = modelPolicy();
  });
  await context.test.promote(candidateOf(9), 1);
});

const judged = async (test: TestRegistry, candidate: Candidate, options = {}) =>
  inShort((await test.gate(await test.propose(candidate, { version: 2, ...options }))).judgement);

attacks('attack 03: a workflow, or what workflows run, is changed along with the model', async ({ test }) => {
  const job = 'on: pull_request\njobs: { publish: { runs-on: ubuntu-24.04, steps: [{ run: true }] } }\n';
  for (const path of [
    '.github/workflows/promotion-gate.yml',
    '.github/workflows/gate-relay.yml',
    '.github/workflows/another.yml',
    '.github/actions/pawl/action.yml',
    '.gitea/workflows/promotion-gate.yml',
    '.forgejo/workflows/promotion-gate.yml',
    'pawl.yaml',
  ]) {
    const [result, ...codes] = await judged(test, candidateOf(10), { extra: { [path]: job } });
    assert.is(result, 'fail', path);
    assert.match(String(codes), /workflow-changed|config-changed|other-path/, path);
  }
});

attacks('attack 04: packages, lock files and settings that would run code', async ({ test }) => {
  const marker = join(test.folder, 'pwned');
  const touch = `touch ${marker}`;
  const scripts = Object.fromEntries(
    ['preinstall', 'install', 'postinstall', 'prepare'].map((name) => [name, touch] as const),
  );
  const extra = {
    'package.json': JSON.stringify({ name: 'pawl', version: '9.9.9', scripts }),
    '.npmrc': `script-shell=${marker}\nregistry=http://127.0.0.1:1/\n`,
    'tsconfig.json': '{}',
    'node_modules/pawl/package.json': JSON.stringify({ scripts }),
    'pawl.yaml': `artifacts:\n  path: ${test.folder}\n`,
    Makefile: `all:\n\t${touch}\n`,
    '.envrc': touch,
  };
  const [result] = await judged(test, candidateOf(10), { extra });
  assert.is(result, 'fail');
  const main = await test.pushToMain(extra, 'even on main');
  assert.equal(inShort((await test.gate(await test.propose(candidateOf(10), { version: 2, base: main }))).judgement), [
    'pass',
  ]);
  assert.is(existsSync(marker), false, 'nothing of it ran');
});

attacks('attack 19: a second model rides along', async ({ test }) => {
  const other = await test.filesFor(candidateOf(1, { over: { model: 'other' } }), { version: 1, model: 'other' });
  assert.equal(await judged(test, candidateOf(10), { extra: other }), ['fail', 'second-model', 'second-version']);
  const pointer = Object.fromEntries(Object.entries(other).filter(([path]) => path.endsWith('production.json')));
  assert.equal(
    await judged(test, candidateOf(10), { extra: pointer }),
    ['fail', 'second-model'],
    'or only its pointer',
  );
});

attacks('attack 19: other files ride along', async ({ test }) => {
  for (const [path, code] of [
    ['package.json', 'other-path'],
    ['.npmrc', 'other-path'],
    ['server/main.ts', 'other-path'],
    [`models/${MODEL}/versions/2/evil.sh`, 'unlisted-file'],
    [`models/${MODEL}/versions/2/sub/folder.bin`, 'other-path'],
    [`models/${MODEL}/notes.md`, 'other-path'],
    ['CODEOWNERS', 'config-changed'],
    ['.github/workflows/promotion-gate.yml', 'workflow-changed'],
    ['evaluation/other.json', 'evaluation-changed'],
  ])
    assert.equal(await judged(test, candidateOf(10), { extra: { [path as string]: 'x' } }), ['fail', code], path);
});

attacks('attack 19: an earlier version is rewritten', async ({ test }) => {
  const old = `models/${MODEL}/versions/1`;
  assert.equal(
    await judged(test, candidateOf(10), { extra: { [`${old}/model.onnx`]: candidateOf(1).files.get('model.onnx') } }),
    ['fail', 'version-changed', 'second-version'],
  );
  assert.equal(await judged(test, candidateOf(10), { extra: { [`${old}/model.onnx`]: null } }), [
    'fail',
    'version-changed',
    'second-version',
  ]);
  assert.equal(await judged(test, candidateOf(10), { version: 1 }), ['fail', 'version-changed']);
});

attacks('attack 19: the pointer points elsewhere', async ({ test }) => {
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const [over, code] of [
    [{ version: 1 }, 'version-differs'],
    [{ version: 3 }, 'version-differs'],
    [{ manifest: digest }, 'manifest-differs'],
    [{ model: 'other' }, 'malformed-file'],
    [{ previous: null }, 'wrong-previous'],
    [{ previous: { version: 1, manifest: digest } }, 'wrong-previous'],
    [{ promotion: '../../../etc' }, 'malformed-file'],
  ] as const)
    assert.equal(await judged(test, candidateOf(10), { over }), ['fail', code], JSON.stringify(over));
  assert.equal(await judged(test, candidateOf(10, { over: { model: 'other' } })), ['fail', 'malformed-file']);
});

attacks('attack 19: the files are not those of the manifest', async ({ test }) => {
  const folder = `models/${MODEL}/versions/2`;
  const candidate = candidateOf(10);
  const model = candidate.files.get('model.onnx') as Buffer;
  const sameSize = Buffer.from(model);
  sameSize[sameSize.length - 1] = (sameSize.at(-1) as number) ^ 1;
  assert.equal(await judged(test, candidate, { extra: { [`${folder}/model.onnx`]: sameSize } }), [
    'fail',
    'file-differs',
  ]);
  assert.equal(await judged(test, candidate, { extra: { [`${folder}/model.onnx`]: Buffer.concat([model, model]) } }), [
    'fail',
    'size-differs',
  ]);
  assert.equal(await judged(test, candidate, { extra: { [`${folder}/model.onnx`]: null } }), [
    'error',
    'artifact-missing',
  ]);
  const listed = candidate.manifest.files.map((f) =>
    f.path === 'model.onnx' ? { ...f, sizeBytes: f.sizeBytes + 1 } : f,
  );
  const lying = { ...candidate, manifest: { ...candidate.manifest, files: listed } };
  assert.equal(await judged(test, lying), ['fail', 'size-differs']);
  const rows = candidate.files.get('training-rows.bin') as Buffer;
  const longer = candidate.manifest.files.map((f) =>
    f.path === 'training-rows.bin' ? { ...f, sizeBytes: f.sizeBytes + 8 } : f,
  );
  const stretched = { ...candidate, manifest: { ...candidate.manifest, files: longer } };
  await test.artifacts.put(rows);
  assert.equal(await judged(test, stretched, { extra: { [`${folder}/training-rows.bin`]: null } }), [
    'fail',
    'file-differs',
  ]);
  await test.artifacts.put(model);
  assert.equal(
    await judged(test, lying, { extra: { [`${folder}/model.onnx`]: null } }),
    ['fail', 'file-differs'],
    'nor from the store',
  );
});

attacks('attack 52: a manifest that says where to fetch its files', async ({ test }) => {
  const { manifest, files } = candidateOf(10);
  for (const place of ['http://169.254.169.254/latest/meta-data', 'file:///etc/passwd', '//host/share'])
    for (const member of ['url', 'location', 'href'])
      assert.equal(
        await judged(test, {
          manifest: { ...manifest, files: manifest.files.map((f) => ({ ...f, [member]: place })) },
          files,
        }),
        ['fail', 'malformed-file'],
        `${member}: ${place}`,
      );
  const source = { kind: 'csv', location: 'http://169.254.169.254/latest/meta-data' };
  const described = candidateOf(10, { over: { data: { ...manifest.data, source } } });
  assert.equal(await judged(test, described), ['pass'], 'where data came from is told, and nobody goes there');
});

attacks.run();
