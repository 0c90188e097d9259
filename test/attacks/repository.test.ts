import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Config } from '../../pipeline/config/config.ts';
import { ForgeError } from '../../pipeline/forge/errors.ts';
import { LocalForge } from '../../pipeline/forge/forge.local.ts';
import { openTraining } from '../../pipeline/source/open.ts';
import { RepositoryError, TrainingRepository } from '../../pipeline/source/repository.git.ts';
import { MalformedFileError } from '../../registry-repo/errors.ts';
import { parseFile, printFile } from '../../registry-repo/file.ts';
import { GitError, runGit } from '../../registry-repo/git-process.ts';
import { Manifest } from '../../registry-repo/manifest.ts';
import { Policy } from '../../registry-repo/policy.ts';
import { Production } from '../../registry-repo/production.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { FileName, Name } from '../../registry-repo/values.ts';
import { inShort } from '../support/crafted.ts';
import { tester } from '../support/git.ts';
import { temporaryFolder } from '../support/paths.ts';
import { candidateOf, MODEL, TestRegistry, withFile } from '../support/registry.ts';
import { rejects } from '../support/rejects.ts';
import { LIMITS } from '../support/watched.ts';
import { workOf } from '../support/work.ts';

const attacks = suite<{ test: TestRegistry }>('attacks by the repository’s content');
attacks.before(async (context) => {
  context.test = await TestRegistry.create();
});
attacks.after(async ({ test }) => {
  const { judgement } = await test.gate(await test.propose(candidateOf(9), { version: 1 }));
  assert.is(judgement.result, 'pass', 'the gate is alive, and still lets a good candidate through');
});

const FOLDER = `models/${MODEL}/versions/1`;
const judged = async (test: TestRegistry, head: ObjectId) => inShort((await test.gate(head)).judgement);
const good = (test: TestRegistry, extra = {}) => test.propose(candidateOf(9), { version: 1, extra });

attacks('attack 38: names that lead out of the folder', async ({ test }) => {
  const names = [
    '../../../etc/passwd',
    '..',
    '.',
    '/etc/passwd',
    'C:\\model.onnx',
    '..\\x',
    'a/b',
    'a//b',
    'model.onnx\0.txt',
    '\\\\host\\share',
    '~/x',
    '%2e%2e%2f',
    'a\nb',
    '-rf',
    '.hidden',
    'x.',
    'x..y',
    ' x',
    '',
    'ä.onnx',
    'CON:',
  ];
  for (const path of names) {
    assert.is(FileName.safeParse(path).success, false, JSON.stringify(path));
    const { manifest, files } = candidateOf(9);
    const listed = [...manifest.files, { path, digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1 }];
    const head = await test.propose({ manifest: { ...manifest, files: listed }, files }, { version: 1 });
    assert.equal(await judged(test, head), ['fail', 'malformed-file'], JSON.stringify(path));
  }
});

/** A good candidate's tree with one entry of its version folder replaced by a line of `git mktree`. */
async function withEntry(test: TestRegistry, line: (blob: ObjectId) => string): Promise<ObjectId> {
  const head = await good(test);
  const entries = (await test.git.folder(head, FOLDER)).map(
    (e) => `${e.mode} ${e.type} ${e.oid}\t${e.path.slice(FOLDER.length + 1)}`,
  );
  const added = line(await test.git.writeBlob('../../../../gate.json'));
  const name = added.slice(added.indexOf('\t'));
  const folder = await test.mktree([...entries.filter((e) => !e.endsWith(name)), added]);
  return rebuilt(test, head, folder);
}

/** The commit with another tree in place of its version folder. */
async function rebuilt(test: TestRegistry, head: ObjectId, folder: ObjectId): Promise<ObjectId> {
  let [tree, path] = [folder, FOLDER];
  while (path !== '') {
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    const entries = (await test.git.folder(head, parent)).map((e) =>
      e.path === path ? `040000 tree ${tree}\t${nameOf(e.path)}` : `${e.mode} ${e.type} ${e.oid}\t${nameOf(e.path)}`,
    );
    [tree, path] = [await test.mktree(entries), parent];
  }
  return test.commitTree(tree, [await test.main()]);
}
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

attacks('attack 39: symbolic links', async ({ test }) => {
  for (const name of ['model.onnx', 'manifest.json', 'training-rows.bin', 'extra'])
    assert.equal(
      await judged(test, await withEntry(test, (blob) => `120000 blob ${blob}\t${name}`)),
      ['fail', 'symlink'],
      name,
    );
  const link = await test.git.writeBlob('../../gate.json');
  const models = await test.mktree([`120000 blob ${link}\tproduction.json`]);
  const tree = await test.mktree([`040000 tree ${await test.mktree([`040000 tree ${models}\t${MODEL}`])}\tmodels`]);
  const head = await test.commitTree(tree, [await test.main()]);
  assert.ok((await judged(test, head)).includes('symlink'));
});

attacks('attack 40: submodules', async ({ test }) => {
  assert.equal(await judged(test, await withEntry(test, () => `160000 commit ${'1'.repeat(40)}\tmodel.onnx`)), [
    'fail',
    'submodule',
  ]);
  assert.equal(await judged(test, await good(test, { '.gitmodules': '[submodule "x"]\n' })), ['fail', 'git-file']);
});

attacks('attack 41: names that no tree should have', async ({ test }) => {
  for (const [name, code] of [
    ['..', 'bad-name'],
    ['.', 'bad-name'],
    ['.git', 'git-file'],
    ['.GIT', 'git-file'],
    ['.git\u200c', 'bad-name'],
    ['git~1', 'bad-name'],
  ])
    assert.equal(
      await judged(test, await withEntry(test, (blob) => `100644 blob ${blob}\t${name}`)),
      ['fail', code],
      name,
    );
});

/** Writes a tree object byte by byte, as no git command would. */
async function rawTree(test: TestRegistry, entries: readonly (readonly [mode: string, name: string, oid: ObjectId])[]) {
  const input = Buffer.concat(
    entries.flatMap(([mode, name, oid]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
  );
  return test.git.text(['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], { input });
}

attacks(
  'attack 41: trees that git would not write: repeated, out of order, with a path for a name',
  async ({ test }) => {
    const head = await good(test);
    const entries = (await test.git.folder(head, FOLDER)).map((e) => [e.mode, nameOf(e.path), e.oid] as const);
    const evil = await test.git.writeBlob(candidateOf(1).files.get('model.onnx') as Buffer);
    const twice = await rawTree(test, [...entries.slice(0, 2), ['100644', 'model.onnx', evil], ...entries.slice(2)]);
    assert.equal(await judged(test, await rebuilt(test, head, twice)), ['fail', 'repeated-path']);
    const unordered = await rawTree(test, [...entries].reverse());
    assert.equal(await judged(test, await rebuilt(test, head, unordered)), ['fail', 'crafted-tree']);

    const root = (await test.git.folder(head, '')).map((e) => [e.mode.replace(/^0/, ''), e.path, e.oid] as const);
    const pathAsName = await rawTree(test, [...root, ['100644', `models/${MODEL}/production.json`, evil]]);
    const shadow = await test.commitTree(pathAsName, [await test.main()]);
    assert.is((await judged(test, shadow))[0], 'fail');
    const folderTwice = await rawTree(test, [
      ...root.slice(0, 3),
      ['40000', 'models', (root.find((e) => e[1] === 'models') as (typeof root)[0])[2]],
      ...root.slice(3),
    ]);
    const double = await test.commitTree(folderTwice, [await test.main()]);
    assert.is((await judged(test, double))[0], 'fail');
  },
);

attacks('attack 41: a registry that checks objects does not even take such a push', async ({ test }) => {
  const target = join(temporaryFolder(), 'strict.git');
  await runGit(['init', '--quiet', '--bare', target], ['init'], {});
  await runGit([`--git-dir=${target}`, 'config', 'transfer.fsckObjects', 'true'], ['config'], {});
  const push = (head: ObjectId) =>
    test.git.run(['push', '--quiet', target, `${head}:refs/heads/x`], { remote: target });
  await push(await good(test));
  for (const name of ['..', '.git'])
    assert.match(
      (await rejects(push(await withEntry(test, (blob) => `100644 blob ${blob}\t${name}`)), GitError)).stderr,
      /fsck|rejected|unpack/,
    );
});

attacks('attack 42: attributes that change bytes on their way to disk', async ({ test }) => {
  assert.equal(await judged(test, await good(test, { [`${FOLDER}/.gitattributes`]: '* text eol=crlf ident\n' })), [
    'fail',
    'git-file',
  ]);
  assert.equal(await judged(test, await good(test, { '.gitattributes': '* filter=evil merge=ours export-subst\n' })), [
    'fail',
    'git-file',
  ]);
  const own = await TestRegistry.create();
  await own.pushToMain({ '.gitattributes': '* text eol=crlf ident\n' });
  const text = Buffer.from('$Id$\nline\n');
  const { manifest, files } = candidateOf(9);
  const head = await own.propose(withFile({ manifest, files }, 'README.md', text), { version: 1 });
  assert.is((await own.gate(head)).judgement.result, 'pass', 'on main they change nothing: blobs are read, not files');
});

attacks('attack 43: hooks and settings of the repository', async () => {
  const test = await TestRegistry.create();
  const marker = join(test.folder, 'pwned');
  const script = `#!/bin/sh\necho x >> ${marker}\n`;
  const program = join(test.folder, 'evil.sh');
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  for (const hook of [
    'pre-receive',
    'update',
    'post-update',
    'reference-transaction',
    'post-checkout',
    'post-index-change',
    'fsmonitor-watchman',
    'pre-commit',
    'commit-msg',
    'post-commit',
    'post-rewrite',
    'proc-receive',
  ]) {
    for (const folder of ['hooks', '.githooks']) {
      mkdirSync(join(test.git.gitDir, folder), { recursive: true });
      writeFileSync(join(test.git.gitDir, folder, hook), script, { mode: 0o755 });
    }
  }
  for (const [name, value] of [
    ['core.hooksPath', join(test.git.gitDir, '.githooks')],
    ['core.fsmonitor', program],
    ['core.sshCommand', program],
    ['core.pager', program],
    ['core.editor', program],
    ['core.gitProxy', program],
    ['diff.external', program],
    ['gpg.program', program],
    ['log.showSignature', 'true'],
    ['credential.helper', program],
    ['alias.log', `!${program}`],
    ['filter.evil.smudge', program],
    ['filter.evil.clean', program],
    ['uploadpack.packObjectsHook', program],
  ] as const)
    await test.git.run(['config', name, value]);
  await test.promote(candidateOf(9), 1);
  const first = (await (await test.at()).production(MODEL))?.value;
  await test.promote(candidateOf(10), 2);
  await test.rollBack(first as Production);
  assert.is(existsSync(marker), false, 'nothing of it ran');
});

attacks('attack 44: too large, too many, too deep', async ({ test }) => {
  const blob = Buffer.alloc(30_000_000, 'large');
  const large = candidateOf(9, { onnx: blob });
  assert.equal(await judged(test, await test.propose(large, { version: 1 })), ['fail', 'too-large-for-tree']);
  const one = await test.git.writeBlob('1');
  const many = new Map(Array.from({ length: 1000 }, (_, i) => [`${FOLDER}/file${i}`, one] as const));
  const head = await good(test);
  assert.equal(await judged(test, await test.commitTree(await test.git.writeTree(head, many), [await test.main()])), [
    'fail',
    'too-many-files',
  ]);
  assert.equal(await judged(test, await good(test, { [`${'deep/'.repeat(500)}x`]: 'x' })), ['fail', 'other-path']);
  const flood = new Map(Array.from({ length: 20_000 }, (_, i) => [`flood/${i}`, one] as const));
  assert.equal(await judged(test, await test.commitTree(await test.git.writeTree(head, flood), [await test.main()])), [
    'fail',
    'too-many-files',
  ]);
  const manifest = {
    ...candidateOf(9).manifest,
    run: { ...candidateOf(9).manifest.run, config: { x: 'x'.repeat(1_100_000) } },
  };
  assert.equal(await judged(test, await test.propose({ ...candidateOf(9), manifest }, { version: 1 })), [
    'fail',
    'file-too-large',
  ]);
  const stored = candidateOf(9, { onnx: Buffer.alloc(2_000_000) });
  assert.equal(
    await judged(test, await test.propose(stored, { version: 1, extra: { [`${FOLDER}/model.onnx`]: null } })),
    ['fail', 'model-too-large'],
    'and a model larger than the policy allows is not even fetched',
  );
});

const refused = async (schema: Parameters<typeof parseFile>[0], bytes: string | Uint8Array, name: string) => {
  const work = await workOf(() =>
    assert.throws(
      () => parseFile(schema, 'x.json', Buffer.from(bytes)),
      (e: unknown) => e instanceof MalformedFileError,
      name,
    ),
  );
  assert.ok(work < 2000, name);
};

attacks('attack 45: YAML, and its bombs', async ({ test }) => {
  const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
  const bomb = ['a0: &a0 [x, x, x]', ...levels].join('\n');
  for (const schema of [Policy, Manifest, Production]) {
    await refused(schema, bomb, 'bomb');
    await refused(schema, 'schema: pawl.policy/1\n', 'plain YAML');
    await refused(schema, '# comment\n{}\n', 'comment');
  }
  assert.equal(await judged(test, await good(test, { [`${FOLDER}/manifest.json`]: bomb })), ['fail', 'malformed-file']);
});

attacks('attack 46: JSON that can be read in two ways', async ({ test }) => {
  const policy = printFile(test.policy);
  const texts: Record<string, string | Uint8Array> = {
    'a repeated key': policy.replace('"minimum": 0.85', '"minimum": 0.85,\n      "minimum": 0'),
    'a repeated key, escaped': policy.replace('"minimum": 0.85', '"minimum": 0.85,\n      "m\\u0069nimum": 0'),
    __proto__: policy.replace('"schema":', '"__proto__": {"leakage": null},\n  "schema":'),
    'an own __proto__ in good form': `{\n  "__proto__": {},\n${policy.slice(2)}`,
    'a constructor': `{\n  "constructor": {},\n${policy.slice(2)}`,
    'a model named __proto__': policy.replace('"sentiment"', '"__proto__"'),
    'deep nesting': '['.repeat(100_000) + ']'.repeat(100_000),
    'deep nesting in an object': `{"a":${'['.repeat(200_000)}`,
    'one line': JSON.stringify(test.policy),
    tabs: JSON.stringify(test.policy, null, '\t'),
    'a byte order mark': `\ufeff${policy}`,
    'no line feed': policy.trimEnd(),
    'two values': `${policy}${policy}`,
    'a lone surrogate': policy.replace('reviews', '\\ud800'),
    'an escape for a letter': policy.replace('reviews', 'r\\u0065views'),
    'a trailing comma': policy.replace('"revoked": []', '"revoked": [],'),
    'bytes that are not UTF-8': Buffer.concat([Buffer.from(policy.slice(0, 50)), Buffer.from([0xff, 0xfe])]),
    'UTF-16': Buffer.from(policy, 'utf16le'),
    nothing: '',
    null: 'null\n',
  };
  for (const [name, text] of Object.entries(texts)) await refused(Policy, text, name);
  assert.equal(parseFile(Policy, 'gate.json', Buffer.from(policy)), test.policy);
  assert.is(({} as { leakage?: unknown }).leakage, undefined, 'no prototype was touched');
  const production = (await (await test.at(await good(test))).production(MODEL))?.value;
  for (const text of [
    printFile(production).replace('"version": 1', '"version": 2,\n  "version": 1'),
    JSON.stringify(production),
    '{"a":1}',
  ])
    assert.equal(await judged(test, await good(test, { [`models/${MODEL}/production.json`]: text })), [
      'fail',
      'malformed-file',
    ]);
});

attacks('attack 46: whatever the JSON, it is read once and in one way, or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.constantFrom('', '\n', ' '), async (text, end) => {
      await refused(Policy, text + end, text);
      await refused(Policy, printFile(JSON.parse(text)), text);
    }),
    { numRuns: 200 },
  );
});

attacks('attack 47: names that look like others', async ({ test }) => {
  const names = [
    'sentіment',
    'ѕentiment',
    'sentiment\u202e',
    'sentiment\u200b',
    'SENTIMENT',
    'Sentiment',
    'sentiment ',
    'sentiment.',
    'se\u0301ntiment',
    'ｓentiment',
    '-sentiment',
    'sentiment-',
    'a'.repeat(65),
  ];
  for (const name of names) {
    assert.is(Name.safeParse(name).success, false, name);
    const head = await test.commit(await test.main(), { [`models/${name}/production.json`]: '{}\n' });
    assert.equal(await judged(test, head), ['fail', 'bad-name'], name);
  }
  assert.equal(await judged(test, await good(test, { [`${FOLDER}/MODEL.ONNX`]: 'x' })), ['fail', 'repeated-path']);
  const { manifest, files } = candidateOf(9);
  const both = [...manifest.files, { path: 'Model.onnx', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1 }];
  assert.equal(
    await judged(test, await test.propose({ manifest: { ...manifest, files: both }, files }, { version: 1 })),
    ['fail', 'malformed-file'],
  );
});

attacks('attack 50: names that git would take for options', async ({ test }) => {
  const { git } = test;
  const marker = join(temporaryFolder(), 'pwned');
  const options = [
    `--output=${marker}`,
    `--upload-pack=touch ${marker};`,
    `--receive-pack=touch ${marker};`,
    '-c core.pager=sh',
    '--help',
    '-h',
    '--exec-path',
    '--',
  ];
  const main = await test.main();
  const forge = new LocalForge({ git, by: tester, clock: () => new Date() });
  const training = new TrainingRepository(git.gitDir);
  for (const name of options) {
    assert.is(await git.resolve(name), null, name);
    assert.is(await git.commitId(name).catch(() => null), null, name);
    assert.is(await git.entry(main, name), null, name);
    assert.equal(await git.firstParents(main, { path: name }), [], name);
    await rejects(forge.pushBranch(name, main, null), ForgeError);
    await rejects(training.commits(name), RepositoryError);
    await rejects(training.refresh(name), RepositoryError);
    await rejects(training.export(name, temporaryFolder(), LIMITS), RepositoryError);
    assert.equal(await training.commits('main', { after: name, limit: 1 }), [main], name);
    const opening = openTraining({ address: name, path: (p) => join('/nowhere', p), token: null, forge: '' });
    await rejects(opening, RepositoryError);
    assert.is(Name.safeParse(name).success, false, name);
    assert.is(Config.shape.events.safeParse({ branch: name }).success, false, name);
    assert.is(Config.shape.registry.safeParse({ repository: `${name}/${name}` }).success, false, name);
  }
  assert.is(existsSync(marker), false, 'nothing was written or run');
});

attacks.run();
