import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Git } from '../../registry-repo/git.ts';
import { objectFiles, tidy } from '../../registry-repo/git-tidy.ts';
import { bareRepository, commitFiles } from '../support/git.ts';

const tidying = suite('objects of the registry are packed, and what killed processes left is removed');

async function grow(repo: Git, commits: number, from = 0): Promise<string> {
  let tip = (await repo.resolve('refs/heads/main')) as string;
  for (let i = 0; i < commits; i++) {
    const next = await commitFiles(repo, tip, { [`f${from + i}`]: `${from + i}` });
    await repo.updateRefs([{ ref: 'refs/heads/main', to: next, from: tip }]);
    tip = next;
  }
  return tip;
}

tidying('over the bound loose objects are packed, under it they stay; none is lost, reachable or not', async () => {
  const repo = await bareRepository({ a: '1' });
  const tip = await grow(repo, 10);
  const loose = await repo.writeBlob(Buffer.from('named by no ref yet'));
  const { loose: before } = await tidy(repo, 1000);
  assert.ok(before > 20);
  assert.equal(await objectFiles(repo.gitDir), { loose: before, packs: 0, abandoned: [] });
  await tidy(repo, 20);
  const { loose: left, packs } = await objectFiles(repo.gitDir);
  assert.ok(left <= 1 && packs === 1, `${left} loose, ${packs} packs`);
  assert.is((await repo.commit(tip)).parents.length, 1);
  assert.is((await repo.text(['cat-file', '-p', loose])).toString(), 'named by no ref yet');
  assert.is(await repo.text(['fsck', '--strict', '--no-dangling']), '');
});

tidying('packs stay few, however often it packs', async () => {
  const repo = await bareRepository({ a: '1' });
  for (let i = 0; i < 12; i++) {
    await grow(repo, 2, 2 * i);
    await tidy(repo, 3);
  }
  const { packs } = await objectFiles(repo.gitDir);
  assert.ok(packs >= 1 && packs <= 5, `${packs} packs`);
});

tidying('old drafts are removed, young ones and everything else stay', async () => {
  const repo = await bareRepository({ a: '1' });
  const at = (name: string, minutes: number) => {
    const path = join(repo.gitDir, 'objects', name);
    writeFileSync(path, 'x');
    const then = Date.now() / 1000 - 60 * minutes;
    utimesSync(path, then, then);
    return path;
  };
  const old = ['pack/tmp_pack_a1', 'pack/.tmp-123-pack-1.idx', 'pack/tmp_idx_b'].map((name) => at(name, 11));
  const kept = [at('pack/tmp_pack_b2', 9), at('pack/other', 100)];
  assert.equal([...(await objectFiles(repo.gitDir)).abandoned].sort(), [...old].sort());
  await tidy(repo);
  assert.equal([...old, ...kept].filter(existsSync), kept);
});

tidying('a repository that cannot be packed is left as it is', async () => {
  const repo = await bareRepository({ a: '1' });
  const tip = await grow(repo, 3);
  writeFileSync(join(repo.gitDir, 'config'), '[include]\n\tpath = /nowhere\n', { flag: 'a' });
  await tidy(repo, 1);
  assert.ok((await objectFiles(repo.gitDir)).loose > 3);
  assert.is(await repo.resolve('refs/heads/main'), tip);
});

tidying.run();
