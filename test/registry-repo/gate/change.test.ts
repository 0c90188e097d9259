import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Change, checkVersionFiles, classify, MAX_CHANGES } from '../../../registry-repo/gate/change.ts';
import type { TreeChange } from '../../../registry-repo/git-tree.ts';
import { candidateOf } from '../../support/registry.ts';

const oid = 'a'.repeat(40);
const added = (path: string, over: Partial<TreeChange> = {}): TreeChange => ({
  path,
  status: 'A',
  mode: '100644',
  oid,
  ...over,
});
const pointer = added('models/sentiment/production.json', { status: 'M' });
const version = [
  added('models/sentiment/versions/2/manifest.json'),
  added('models/sentiment/versions/2/model.onnx'),
  added('models/sentiment/versions/2/training-rows.bin'),
];
const promotion = [pointer, ...version];
const codes = (change: Change): string[] =>
  change.class === 'refused' ? [...new Set(change.findings.map((f) => f.code))].sort() : [change.class];

const classes = suite('classes of change');

classes('a promotion is one pointer and one new version', () => {
  const change = classify(promotion);
  assert.is(change.class, 'promotion');
  if (change.class !== 'promotion') return;
  assert.equal([change.model, change.version], ['sentiment', 2]);
  assert.equal([...change.files.keys()], ['manifest.json', 'model.onnx', 'training-rows.bin']);
  assert.is(classify([{ ...pointer, status: 'A' }, ...version]).class, 'promotion', 'the first one adds the pointer');
  assert.is(classify([...promotion, added('models/sentiment/versions/2/checkpoint')]).class, 'promotion');
});

classes('a rollback is one pointer', () => {
  assert.equal(classify([pointer]), {
    class: 'rollback',
    model: 'sentiment',
    production: { path: pointer.path, oid },
  });
  assert.equal(codes(classify([{ ...pointer, status: 'A' }])), ['nothing-to-roll-back']);
});

classes('rules and documents are for people', () => {
  for (const path of ['gate.json', 'evaluation/reviews.json', 'README.md', 'CODEOWNERS', '.github/workflows/gate.yml'])
    assert.equal(classify([added(path, { status: 'M' })]), { class: 'config', paths: [path] }, path);
});

const refusals: readonly [name: string, changes: readonly TreeChange[], codes: readonly string[]][] = [
  ['nothing at all', [], ['no-change']],
  ['the policy with it', [...promotion, added('gate.json')], ['policy-changed']],
  ['the evaluation set with it', [...promotion, added('evaluation/reviews.json')], ['evaluation-changed']],
  ['a workflow with it', [...promotion, added('.github/workflows/x.yml')], ['workflow-changed']],
  ['the README with it', [...promotion, added('README.md')], ['config-changed']],
  ['a second model', [...promotion, added('models/other/production.json')], ['second-model']],
  ['a second version', [...promotion, added('models/sentiment/versions/3/manifest.json')], ['second-version']],
  [
    'an old version changed',
    [...promotion.slice(0, 3), { ...version[2], status: 'M' } as TreeChange],
    ['version-changed'],
  ],
  [
    'an old version removed',
    [pointer, added('models/sentiment/versions/2/manifest.json', { status: 'D', oid: null, mode: null })],
    ['version-changed'],
  ],
  ['the pointer removed', [{ ...pointer, status: 'D', oid: null, mode: null }], ['production-removed']],
  ['no pointer', version, ['no-production']],
  ['no manifest', [pointer, version[1] as TreeChange], ['no-manifest']],
  [
    'a symbolic link',
    [pointer, ...version.slice(1), added('models/sentiment/versions/2/manifest.json', { mode: '120000' })],
    ['symlink'],
  ],
  ['a submodule', [...promotion, added('models/sentiment/versions/2/lib', { mode: '160000' })], ['submodule']],
  ['an executable', [...promotion, added('models/sentiment/versions/2/run.sh', { mode: '100755' })], ['executable']],
  ['an odd mode', [...promotion, added('models/sentiment/versions/2/x', { mode: '100664' })], ['forbidden-mode']],
  ['.gitattributes', [...promotion, added('models/sentiment/versions/2/.gitattributes')], ['git-file']],
  ['.gitmodules', [...promotion, added('.gitmodules')], ['git-file']],
  ['a .git folder', [...promotion, added('models/sentiment/.git/config')], ['git-file']],
  ['.GIT in another case', [...promotion, added('models/.GIT/config')], ['git-file']],
  ['a stray file', [...promotion, added('package.json')], ['other-path']],
  ['a folder in a version', [...promotion, added('models/sentiment/versions/2/a/b')], ['other-path']],
  ['a file beside the versions', [...promotion, added('models/sentiment/notes.txt')], ['other-path']],
  ['a model name of capitals', [added('models/Sentiment/production.json')], ['bad-name']],
  ['a model name that runs backwards', [added('models/sent\u202eiment/production.json')], ['bad-name']],
  ['a version with a zero before it', [...promotion, added('models/sentiment/versions/02/x')], ['bad-name']],
  ['version 0', [...promotion, added('models/sentiment/versions/0/x')], ['bad-name']],
  ['a version of too many digits', [...promotion, added('models/sentiment/versions/99999999999/x')], ['bad-name']],
  ['a hidden file', [...promotion, added('models/sentiment/versions/2/.hidden')], ['bad-name']],
  ['a file with a space', [...promotion, added('models/sentiment/versions/2/a b')], ['bad-name']],
  ['a file with a dot at the end', [...promotion, added('models/sentiment/versions/2/a.')], ['bad-name']],
  ['one name twice', [...promotion, version[1] as TreeChange], ['repeated-path']],
  ['one name in two cases', [...promotion, added('models/sentiment/versions/2/Model.onnx')], ['repeated-path']],
  [
    'too many files',
    [...promotion, ...Array.from({ length: MAX_CHANGES }, (_, i) => added(`models/sentiment/versions/2/f${i}`))],
    ['too-many-files'],
  ],
  ['a config change with a link', [added('gate.json', { mode: '120000' })], ['policy-changed', 'symlink']],
];
for (const [name, changes, expected] of refusals)
  classes(`refuses ${name}`, () => assert.equal(codes(classify(changes)), expected));

classes('names every offending path at once', () => {
  const change = classify([...promotion, added('gate.json'), added('package.json'), added('models/x/production.json')]);
  const text = change.class === 'refused' ? change.findings.map((f) => f.message).join('\n') : '';
  for (const path of ['"gate.json"', '"package.json"', 'sentiment, x']) assert.match(text, path);
});

classes('shows odd paths without letting them speak', () => {
  const change = classify([...promotion, added('a\u202e\n\u001b[31m')]);
  const text = change.class === 'refused' ? (change.findings[0]?.message ?? '') : '';
  assert.not.match(text, /\p{C}/u);
});

classes('no further path makes a promotion of anything else', () => {
  const part = fc.constantFrom(
    'models',
    'sentiment',
    'versions',
    '2',
    '3',
    'x',
    '..',
    '.git',
    'gate.json',
    'é',
    '',
    'manifest.json',
  );
  const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(
      path,
      fc.constantFrom('A', 'M', 'D', 'T'),
      fc.constantFrom('100644', '120000', '100755'),
      (p, status, mode) => {
        const change = classify([...promotion, added(p, { status, mode } as Partial<TreeChange>)]);
        const inFolder = /^models\/sentiment\/versions\/2\/x$/.test(p) && status === 'A' && mode === '100644';
        assert.is(change.class, inFolder ? 'promotion' : 'refused', p);
      },
    ),
  );
});

const versionFiles = suite('files of a version');
const { manifest } = candidateOf(9);
const sizes = new Map([['manifest.json', 3000], ...manifest.files.map((f) => [f.path, f.sizeBytes] as const)]);
const found = (change: (sizes: Map<string, number>) => void, treeBytes = 100_000) => {
  const changed = new Map(sizes);
  change(changed);
  return checkVersionFiles(manifest, changed, treeBytes).map((f) => f.code);
};

versionFiles('are those of the manifest, in the tree or not', () => {
  assert.equal(
    found(() => {}),
    [],
  );
  assert.equal(
    found((s) => s.delete('model.onnx')),
    [],
  );
  assert.equal(
    found((s) => s.set('checkpoint', 200)),
    [],
  );
});

versionFiles('and no others, no larger, of no other size', () => {
  assert.equal(
    found((s) => s.set('extra.bin', 1)),
    ['unlisted-file'],
  );
  assert.equal(
    found((s) => s.set('model.onnx', 1)),
    ['size-differs'],
  );
  assert.equal(
    found(() => {}, 100),
    ['too-large-for-tree', 'too-large-for-tree'],
  );
  assert.equal(
    found((s) => s.set('checkpoint', 1_000_000)),
    ['too-large-for-tree'],
  );
});

versionFiles('do not pass for the manifest itself', () => {
  const listed = {
    ...manifest,
    files: [...manifest.files, { path: 'manifest.json', digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 3000 }],
  };
  assert.equal(
    checkVersionFiles(listed, sizes, 100_000).map((f) => f.code),
    ['reserved-file'],
  );
});

classes.run();
versionFiles.run();
