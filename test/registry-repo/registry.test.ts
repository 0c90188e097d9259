import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../registry-repo/digest.ts';
import { MalformedFileError } from '../../registry-repo/errors.ts';
import { MAX_JSON_BYTES, printFile } from '../../registry-repo/file.ts';
import { FileMissingError, FileTooLargeError, ForbiddenModeError } from '../../registry-repo/registry.ts';
import { candidateOf, evaluationSet, TestRegistry } from '../support/registry.ts';
import { rejects } from '../support/rejects.ts';

const registry = suite<{ test: TestRegistry }>('reading a registry');
registry.before(async (context) => {
  context.test = await TestRegistry.create();
});

registry('gives values with the digest of the exact bytes', async ({ test }) => {
  const main = await test.at();
  const policy = await main.policy();
  assert.equal(policy.value, test.policy);
  assert.is(policy.digest, digestOf(printFile(test.policy)));
  assert.equal((await main.evaluationSet('reviews')).value, evaluationSet(test.rows));
  assert.is(await main.production('sentiment'), null);
  assert.equal(await main.models(), []);
});

registry('reads a promotion at the commit it is at, and nowhere else', async ({ test }) => {
  const base = await test.main();
  const candidate = candidateOf(9);
  const head = await test.at(await test.propose(candidate, { version: 4 }));
  const production = await head.production('sentiment');
  assert.is(production?.value.version, 4);
  const manifest = await head.manifest('sentiment', 4);
  assert.equal(manifest.value, candidate.manifest);
  assert.is(manifest.digest, production?.value.manifest);
  assert.equal(await head.models(), ['sentiment']);
  assert.equal(await head.versions('sentiment'), [4]);
  const bytes = await head.file('models/sentiment/versions/4/model.onnx', 10_000);
  assert.ok(bytes.equals(candidate.files.get('model.onnx') as Buffer));
  assert.is(await (await test.at(base)).production('sentiment'), null);
});

registry('names what is missing', async ({ test }) => {
  const main = await test.at();
  assert.match((await rejects(main.evaluationSet('nothing'), FileMissingError)).message, 'evaluation/nothing.json');
  await rejects(main.manifest('sentiment', 1), FileMissingError);
  await rejects(main.file('evaluation', 10), ForbiddenModeError);
  for (const path of ['../secret', '/etc/passwd', 'a//b', './gate.json', 'a\\b', 'gate.json\0', 'models/..'])
    await rejects(main.file(path, 10), FileMissingError);
  for (const name of ['..', 'Sentiment', 'a/b', '', 'x\u202e']) await rejects(main.production(name), FileMissingError);
});

registry('reads plain files only', async ({ test }) => {
  const blob = await test.git.writeBlob(printFile(test.policy));
  for (const [mode, type, oid] of [
    ['120000', 'blob', blob],
    ['100755', 'blob', blob],
    ['160000', 'commit', '1'.repeat(40)],
  ]) {
    const tree = await test.mktree([`${mode} ${type} ${oid}\tgate.json`]);
    await rejects((await test.at(await test.commitTree(tree, []))).policy(), ForbiddenModeError);
  }
});

registry('looks at the size before it reads', async ({ test }) => {
  const huge = await test.commit(null, { 'gate.json': `"${'x'.repeat(MAX_JSON_BYTES)}"\n` });
  await rejects((await test.at(huge)).policy(), FileTooLargeError);
  const main = await test.at();
  const size = (await main.stat('README.md'))?.sizeBytes ?? 0;
  assert.is((await main.file('README.md', size)).length, size);
  await rejects(main.file('README.md', size - 1), FileTooLargeError);
});

registry('reports every problem of a file at once', async ({ test }) => {
  const policy = { ...test.policy, limits: { ...test.policy.limits, scoreSeconds: -1, minimumRows: 'many' }, more: 1 };
  const error = await rejects(
    (await test.at(await test.commit(null, { 'gate.json': policy }))).policy(),
    MalformedFileError,
  );
  assert.is(error.problems.length, 3);
  assert.match(error.message, 'limits.scoreSeconds');
});

registry('refuses files that call themselves something else', async ({ test }) => {
  const set = { ...evaluationSet(test.rows), name: 'others' };
  const head = await test.propose(candidateOf(9), {
    version: 1,
    over: { model: 'other' },
    extra: { 'evaluation/reviews.json': set },
  });
  const at = await test.at(head);
  await rejects(at.evaluationSet('reviews'), MalformedFileError);
  await rejects(at.production('sentiment'), MalformedFileError);
});

registry('lists only models that are in production', async ({ test }) => {
  const production = { schema: 'x' };
  const head = await test.commit(await test.main(), {
    'models/b/production.json': production,
    'models/a/production.json': production,
    'models/c/versions/1/manifest.json': '{}\n',
    'models/Not A Name/production.json': production,
    'models/a/versions/2/x': '',
    'models/a/versions/10/x': '',
    'models/a/versions/01/x': '',
  });
  assert.equal(await (await test.at(head)).models(), ['a', 'b']);
  assert.equal(await (await test.at(head)).versions('a'), [2, 10]);
});

registry.run();
