import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Git } from '../../registry-repo/git.ts';
import { GitError, OutputTooLargeError } from '../../registry-repo/git-process.ts';
import { bareRepository } from '../support/git.ts';
import { root, temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { PATIENCE_MS } from '../support/until.ts';

const objects = suite<{ repo: Git }>('objects of a repository');
objects.before.each(async (context) => {
  context.repo = await bareRepository({ a: '1' });
});

objects('come back byte for byte, many asked for at once', async ({ repo }) => {
  const contents = [
    Buffer.alloc(0),
    Buffer.from('\n'),
    Buffer.from('blob 5\n\nmissing\n'),
    Buffer.alloc(3_000_000, 'large\n'),
    ...Array.from({ length: 60 }, (_, i) => Buffer.alloc(i * 997, `${i} \0\n`)),
  ];
  const oids: string[] = [];
  for (const content of contents) oids.push(await repo.writeBlob(content));
  const back = await Promise.all(oids.map((oid) => repo.blob(oid)));
  back.forEach((bytes, i) => {
    assert.ok(bytes.equals(contents[i] as Buffer), String(i));
  });
  assert.equal(
    await Promise.all(oids.map((oid) => repo.blobSize(oid))),
    contents.map((c) => c.length),
  );
});

objects('written after the first question are found as well', async ({ repo }) => {
  assert.is(await repo.commitId('f'.repeat(40)), null);
  const oid = await repo.writeBlob('late');
  assert.is((await repo.blob(oid)).toString(), 'late');
  await repo.run(['repack', '-a', '-d', '-q']);
  assert.is((await repo.blob(await repo.writeBlob('later'))).toString(), 'later');
});

objects('that are none are refused, and no name passes for an id', async ({ repo }) => {
  const main = (await repo.resolve('refs/heads/main')) as string;
  await rejects(repo.blob('f'.repeat(40)), GitError);
  await rejects(repo.blob(main), GitError);
  for (const name of ['main', 'HEAD', main.slice(0, 10), `${main}^{tree}`, `${main}\ncontents ${main}`, '']) {
    assert.is(await repo.commitId(name), null, name);
    await rejects(repo.blob(name), GitError);
  }
  assert.is(await repo.commitId(main), main, 'and the next answer is to the next question');
});

objects('that are too large are not read', async ({ repo }) => {
  const oid = await repo.writeBlob(Buffer.alloc(1000));
  assert.is((await repo.blob(oid, 1000)).length, 1000);
  await rejects(repo.blob(oid, 999), OutputTooLargeError);
});

objects('can be asked for again after a pause, or after git has failed', async ({ repo }) => {
  const oid = await repo.writeBlob('still here');
  await repo.blob(oid);
  await setTimeout(1200);
  assert.is((await repo.blob(oid)).toString(), 'still here');
  const broken = new Git(join(temporaryFolder(), 'nowhere.git'));
  await rejects(broken.blob(oid), GitError);
  await rejects(broken.blob(oid), GitError);
});

objects('keep no program from ending', async ({ repo }) => {
  const oid = await repo.writeBlob('x');
  const program = join(temporaryFolder(), 'read.mjs');
  const git = pathToFileURL(join(root, 'dist/registry-repo/git.js'));
  writeFileSync(
    program,
    `import { Git } from '${git}'; console.log(String(await new Git(process.argv[2]).blob('${oid}'))); setTimeout(() => console.log('late'), 500).unref();`,
  );
  const output = execFileSync(process.execPath, [program, repo.gitDir], { encoding: 'utf8', timeout: PATIENCE_MS });
  assert.is(output, 'x\n', 'it ended at once, not when the reader had idled');
});

objects.run();
