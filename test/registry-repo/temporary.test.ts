import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeAbandoned, temporaryFolder, temporaryName } from '../../registry-repo/temporary.ts';
import { pawl, start, stopAll } from '../support/cli.ts';
import { root, temporaryFolder as testFolder } from '../support/paths.ts';
import { until } from '../support/until.ts';

const s = suite('temporary folders');
s.after(stopAll);

s('attack 97: what a killed process has left is removed; what a living one uses is not', async () => {
  const parent = testFolder();
  const child = spawn(process.execPath, [join(root, 'dist/test/support/temporary-and-hang.js'), parent]);
  const [line] = await once(child.stdout, 'data');
  const folder = String(line).trim();
  const own = await temporaryFolder(parent, 'commit');
  assert.equal(await removeAbandoned([parent]), []);
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.equal(await removeAbandoned([parent, join(parent, 'nowhere')]), [folder]);
  assert.equal(readdirSync(parent), [basename(own)]);
});

s('a number that was given again is of another process; other machines and other names are left alone', async () => {
  const parent = testFolder();
  const [, kind, machine, pid, begun, random] = temporaryName('gate').split('-') as string[];
  const make = (...parts: (string | undefined)[]) => {
    const path = join(parent, `pawl-${parts.join('-')}`);
    mkdirSync(path);
    return path;
  };
  const other = begun === '0' ? null : make(kind, machine, pid, String(Number(begun) + 1), random);
  const kept = [
    make(kind, '00000000', '4194999', '1', random),
    make('gate', 'AbCdEf'),
    make('mine', machine, '4194999', '1', random),
  ];
  const outside = testFolder();
  writeFileSync(join(outside, 'file'), 'x');
  const link = join(parent, `pawl-gate-${machine}-4194999-1-${random}`);
  symlinkSync(outside, link);
  assert.equal(await removeAbandoned([parent]), other === null ? [] : [other]);
  assert.ok([...kept, link, join(outside, 'file')].every((path) => existsSync(path)));
});

s('attack 97: `reconcile` removes what a killed command has left in TMPDIR', async () => {
  const [folder, TMPDIR] = [testFolder(), testFolder()];
  const child = start(folder, ['demo'], { TMPDIR });
  const left = () => readdirSync(TMPDIR).filter((name) => name.startsWith('pawl-demo-'));
  await until(() => left().length === 1);
  assert.match((await pawl(folder, ['reconcile'], { env: { TMPDIR } })).stdout, 'nothing was left to do');
  assert.is(left().length, 1, 'it still runs');
  child.kill('SIGKILL');
  await once(child, 'close');
  const { code, stdout } = await pawl(folder, ['reconcile'], { env: { TMPDIR } });
  assert.is(code, 0);
  assert.match(stdout, /removed .*pawl-demo-.*: its process was killed/);
  assert.equal(left(), []);
  assert.ok(existsSync(dirname(TMPDIR)));
});

s.run();
