import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OutputError, writeOutput } from '../../pipeline/write-output.ts';
import { pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const output = suite('what the user has written');

output('is there when it is complete, or as it was', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'a.txt');
  await writeOutput(file, ['one\n', 'two\n']);
  assert.is(readFileSync(file, 'utf8'), 'one\ntwo\n');
  async function* broken() {
    yield 'three\n';
    throw new Error('the log cannot be read');
  }
  const error = await rejects(writeOutput(file, broken()), OutputError);
  assert.match(error.message, 'the log cannot be read');
  assert.is(readFileSync(file, 'utf8'), 'one\ntwo\n');
  symlinkSync(file, join(folder, 'link'));
  await writeOutput(join(folder, 'link'), ['four\n']);
  assert.ok(lstatSync(join(folder, 'link')).isSymbolicLink());
  assert.is(readFileSync(file, 'utf8'), 'four\n');
  assert.equal(readdirSync(folder).sort(), ['a.txt', 'link'], 'no draft is left');
});

output('says why it cannot be', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'sub/deep'), { recursive: true });
  writeFileSync(join(folder, 'file'), '');
  for (const [name, why] of [
    ['missing/a.txt', `there is no folder ${join(folder, 'missing')}: make it first`],
    ['file/a.txt', 'is no folder'],
    ['sub', 'it is a folder'],
  ] as const)
    assert.match((await rejects(writeOutput(join(folder, name), ['x']), OutputError)).message, why);
  assert.equal(readdirSync(folder).sort(), ['file', 'sub']);
});

// Never by a name in /dev: what replaces files would replace the machine's own.
output('goes to a device as it is, and says that it is full', async () => {
  if (!existsSync('/dev/full')) return;
  const link = join(temporaryFolder(), 'full');
  symlinkSync('/dev/full', link);
  const error = await rejects(writeOutput(link, ['x'.repeat(100_000)]), OutputError);
  assert.match(error.message, 'its disk is full');
  assert.ok(lstatSync('/dev/full').isCharacterDevice());
});

output('by commands, to a folder that is not there, is exit code 3 and a sentence', async () => {
  const home = temporaryFolder();
  for (const args of [
    ['events', 'export', '--output', 'missing/log.jsonl'],
    ['events', 'backup', 'missing/events.db'],
  ]) {
    const { code, stderr } = await pawl(home, args);
    assert.equal([code, stderr.includes('[internal]')], [3, false], stderr);
    assert.match(stderr, /there is no folder .*missing: make it first/);
  }
  assert.not.ok(existsSync(join(home, 'missing')));
  writeFileSync(join(home, 'mine.txt'), 'mine');
  const there = await pawl(home, ['events', 'backup', 'mine.txt']);
  assert.is(there.code, 2);
  assert.is(readFileSync(join(home, 'mine.txt'), 'utf8'), 'mine');
});

output.run();
