import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root, temporaryFolder } from './support/paths.ts';

// What is promised to whoever installs Pawl: on which Node, by which installer, and which files come.

type Locked = {
  readonly engines?: { readonly node?: string };
  readonly optional?: true;
  readonly hasInstallScript?: true;
};

const read = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
const own = read<{
  engines: { node: string };
  exports: Record<string, string>;
  bin: Record<string, string>;
  allowScripts: Record<string, boolean>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}>('package.json');
const { packages } = read<{ packages: Record<string, Locked> }>('package-lock.json');

const SCRIPT = 'scripts/name-repository.sh';
/** The oldest Node of each line that is promised. */
const PROMISED = ['20.19.0', '22.12.0', '24.0.0', '26.0.0'];

const outside = (locked: Record<string, Locked>): string[] =>
  Object.entries(locked).flatMap(([path, { engines, optional }]) =>
    optional || engines?.node === undefined
      ? []
      : PROMISED.filter((node) => !semver.satisfies(node, engines.node as string)).map(
          (node) => `${path} excludes Node ${node}: ${engines.node}`,
        ),
  );

const installed = suite('the package');

installed('every package of the lock file runs on every promised Node', () => assert.equal(outside(packages), []));

installed('a package that leaves one out is found', () => {
  const found = outside({ 'node_modules/content-type': { engines: { node: '>=22' } } });
  assert.equal(found, ['node_modules/content-type excludes Node 20.19.0: >=22']);
});

installed('the oldest promised Node is the one of package.json, and CI runs each line', () => {
  assert.is(semver.minVersion(own.engines.node)?.version, PROMISED[0]);
  const lines = PROMISED.map((node) => semver.major(node)).join(', ');
  assert.match(readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8'), `node: [${lines}]`);
});

installed('every version is exact: a fresh resolution takes what was tested', () =>
  assert.equal(
    Object.entries(own.dependencies).filter(([, version]) => semver.valid(version) === null),
    [],
  ),
);

installed('the lock file gives no package an install script that package.json does not allow', () => {
  // npm 10 knows no `allowScripts`; without the mark in the lock file it runs none. After the file was made anew, take the
  // line `"hasInstallScript": true` out of onnxruntime-node again.
  const marked = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript && !packages[path]?.optional);
  const names = marked.map((path) => path.replace(/^.*node_modules\//, ''));
  assert.equal(
    names,
    Object.keys(own.allowScripts).filter((name) => own.allowScripts[name]),
  );
});

const packed = (): string[] => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const ran = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error' },
  });
  const told = JSON.parse(ran.stdout) as Record<string, { files: { path: string }[] }>;
  return (Object.values(told)[0]?.files ?? []).map(({ path }) => path); // npm 12: an object by name; before: a list
};

installed('the tarball holds what runs, and nothing of tests, builds and sources', () => {
  const files = packed();
  const needless = /(?:^|\/)(?:test|bench|scripts)\/|tsbuildinfo|\.map$|(?<!\.d)\.ts$/;
  assert.equal(
    files.filter((file) => needless.test(file)),
    [],
  );
  for (const file of [
    ...Object.values(own.bin),
    'dist/registry-repo/scoring/score.child.js',
    'dist/pipeline/training/nbsvm-dv/kernel.wasm',
    'pipeline/config.schema.json',
    'pipeline/init/pawl.yaml',
    'registry-repo/seed/gitattributes',
    'server/page/page.js',
    'LICENSE',
    'README.md',
    'docs/tutorial.md',
    'docs/reference/errors.md',
  ])
    assert.ok(files.includes(file), file);
});

installed('what is published names the repository that it comes from', () => {
  const copy = temporaryFolder();
  mkdirSync(join(copy, 'scripts'));
  for (const file of ['package.json', SCRIPT]) cpSync(join(root, file), join(copy, file));
  const name = (...args: string[]) => spawnSync(join(copy, SCRIPT), args, { encoding: 'utf8' });
  for (const wrong of [[], ['git@example.org:team/pawl.git'], ['https://example.org/team/pawl --access=x']]) {
    const { status, stderr } = name(...wrong);
    assert.is(status, 2);
    assert.match(stderr, "give the repository's address");
  }
  assert.equal(readFileSync(join(copy, 'package.json')), readFileSync(join(root, 'package.json')));
  assert.is(name('https://example.org/team/pawl').status, 0);
  const { repository, homepage, bugs, ...rest } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
  assert.equal(repository, { type: 'git', url: 'git+https://example.org/team/pawl.git' });
  assert.is(homepage, 'https://example.org/team/pawl#readme');
  assert.equal(bugs, { url: 'https://example.org/team/pawl/issues' });
  assert.equal(rest, own, 'and nothing else changes');
  const release = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
  assert.match(
    release,
    /name-repository\.sh "\$GITHUB_SERVER_URL\/\$GITHUB_REPOSITORY"\n +- run: npm publish --provenance/,
  );
});

installed('nothing can be imported: Pawl is a command line only', () => {
  assert.equal(own.exports, { './package.json': './package.json' });
  const code = `import('pawl').then(() => 'imported', (e) => e.code).then(async (a) =>
    console.log(a, await import('pawl/dist/pipeline/main.js').catch((e) => e.code)))`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8' });
  assert.is(stdout.trim(), 'ERR_PACKAGE_PATH_NOT_EXPORTED ERR_PACKAGE_PATH_NOT_EXPORTED');
});

installed('what each dependency can contact is told in docs/security-model.md, and of nothing else', () => {
  const text = readFileSync(join(root, 'docs/security-model.md'), 'utf8');
  const table = text.slice(text.indexOf('## Each dependency'), text.indexOf('A machine that an earlier Pawl'));
  const told = [...table.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, dependency = '']) => dependency),
  );
  const wanted = [...Object.keys(own.dependencies), ...Object.keys(own.peerDependencies)];
  assert.equal(told.sort(), wanted.sort());
});

installed.run();
