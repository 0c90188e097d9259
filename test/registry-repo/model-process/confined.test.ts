import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Confined } from '../../../registry-repo/model-process/confined.ts';
import {
  type Isolation,
  isolated,
  isolationHere,
  NO_ISOLATION,
  withoutSandbox,
} from '../../../registry-repo/model-process/isolation.ts';
import { PRETENDED } from '../../../registry-repo/runtime/processor.ts';
import { temporaryFolder } from '../../support/paths.ts';

const confined = suite('a process that runs models');
const entry = new URL('../../support/nosy-child.js', import.meta.url);

/** What a program sees, isolated in such a way. */
async function seen(isolation: () => Promise<Isolation>) {
  const file = join(temporaryFolder(), 'secret');
  writeFileSync(file, 'secret');
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const program = { entry, args: [file, String(port)], stdin: 'ignore' } as const;
  const process = await Confined.start(program, { megabytes: 600, isolation });
  const said = await text(process.child.stdio[3] as Readable);
  const { code, lastWords } = await process.ended;
  server.close();
  assert.is(code, 0, lastWords);
  return JSON.parse(said);
}

/** The switch that pretends a processor is handed down, where the tests run with it. */
const ours = (names: readonly string[]): string[] => names.filter((name) => name !== PRETENDED);

confined('has an environment with nothing of ours, however it is isolated', async () => {
  process.env.A_SECRET_OF_OURS = 'x';
  for (const isolation of [isolationHere, withoutSandbox, async () => NO_ISOLATION])
    assert.equal(ours((await seen(isolation)).env), []);
  delete process.env.A_SECRET_OF_OURS;
});

const { prlimit, setpriv, bwrap } = await isolationHere();

if (prlimit)
  confined('leaves no core dump, and may not ask for much more memory than it may use', async () => {
    const { core, data } = await seen(withoutSandbox);
    assert.equal([core, data], ['0', String((2 * 600 + 1024) * 2 ** 20)]);
  });
else console.log('SKIPPED limits of a process: no prlimit here (`apt-get install util-linux`)');

if (setpriv)
  confined('can gain no privileges', async () => {
    assert.is((await seen(withoutSandbox)).newPrivileges, false);
    assert.is((await seen(async () => NO_ISOLATION)).newPrivileges, true);
  });
else console.log('SKIPPED privileges of a process: no setpriv here (`apt-get install util-linux`)');

if (bwrap)
  confined('sees no file of the user and no network in a sandbox', async () => {
    const inside = await seen(isolationHere);
    assert.equal([inside.file, inside.reached, inside.newPrivileges, inside.core], [false, false, false, '0']);
    const outside = await seen(withoutSandbox);
    assert.equal([outside.file, outside.reached], [true, true]);
  });
else console.log('SKIPPED the sandbox: bubblewrap is not here, or may not be used (`apt-get install bubblewrap`)');

confined('a command line has only what there is', () => {
  const bounds = { megabytes: 100, niceness: 5, files: ['/data'] };
  assert.equal(isolated(['node', 'x.js'], NO_ISOLATION, bounds), ['node', 'x.js']);
  const some = { ...NO_ISOLATION, nice: '/bin/nice', setpriv: '/bin/setpriv' };
  assert.equal(isolated(['node', 'x.js'], some, bounds), [
    ...['/bin/nice', '-n', '5', '/bin/setpriv', '--no-new-privs', '--pdeathsig', 'KILL', 'node', 'x.js'],
  ]);
  const all = isolated(['node'], { ...some, bwrap: '/bin/bwrap', prlimit: '/bin/prlimit' }, { ...bounds, niceness: 0 });
  assert.is(all[0], '/bin/bwrap');
  assert.ok(all.join(' ').includes('--ro-bind-try /data /data'));
  assert.equal(all.slice(-4), ['/bin/prlimit', '--core=0', `--data=${(2 * 100 + 1024) * 2 ** 20}`, 'node']);
});

confined.run();
