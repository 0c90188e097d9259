import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seedFiles } from '../pipeline/registry-setup/seed.ts';
import { root, temporaryFolder } from './support/paths.ts';

const lines = suite('line ends');

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** A repository of what is in this checkout now, committed or not. */
function asRepository(): string {
  const repository = join(temporaryFolder(), 'all.git');
  git('init', '--quiet', '--bare', repository);
  const here = [`--git-dir=${repository}`, '-c', 'core.bare=false', `--work-tree=${root}`];
  git(...here, 'add', '--all', root);
  git(...here, 'commit', '--quiet', '--message=all');
  return repository;
}

lines('a clone with core.autocrlf has line feeds, and every byte that was committed', () => {
  const clone = join(temporaryFolder(), 'clone');
  git('clone', '--quiet', '-c', 'core.autocrlf=true', asRepository(), clone);
  const files = git('-C', clone, 'ls-files', '--eol').trim().split('\n');
  assert.ok(files.length > 1000);
  assert.equal(
    files.filter((line) => /\bw\/(?:crlf|mixed)\b/.test(line)),
    [],
  );
  assert.is(git('-C', clone, 'status', '--porcelain'), '');
  git('-C', clone, 'add', '--renormalize', '.');
  assert.is(git('-C', clone, 'status', '--porcelain'), '', 'nothing would be committed with other bytes');
  for (const file of ['registry-repo/seed/README.md', 'test/fixtures/golden/tiny-bert/vocab.txt'])
    assert.equal(readFileSync(join(clone, file)), readFileSync(join(root, file)), file);
});

lines('a registry begins with line feeds, even from templates without', async () => {
  const folder = join(temporaryFolder(), 'seed');
  cpSync(join(root, 'registry-repo/seed'), folder, { recursive: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n'));
  }
  const action = `a/pawl@${'0'.repeat(40)}`;
  for (const forge of ['local', 'github', 'gitea'] as const) {
    const options = { forge, gate: 'workflow', action, owners: ['@a'] } as const;
    const seed = await seedFiles(options, folder);
    assert.equal(seed, await seedFiles(options));
    assert.not.match([...seed.values()].join(''), '\r');
  }
});

lines.run();
