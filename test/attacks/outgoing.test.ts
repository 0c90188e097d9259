import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, pawl, printed } from '../support/cli.ts';
import { root, temporaryFolder } from '../support/paths.ts';
import { sampleSettings } from '../support/sample-settings.ts';

const cli = join(root, 'dist/pipeline/cli.js');

/** With `-D` strace is nobody's parent, so that signals reach the program itself. */
const STRACE = ['-D', '-f', '-qq', '-e', 'trace=connect,sendto,sendmsg,sendmmsg,?open,openat,?mkdir,mkdirat'];
const traced = spawnSync('strace', [...STRACE, '-o', '/dev/null', 'true']).status === 0;
if (!traced)
  console.log('SKIPPED what sockets commands open: no strace here, or it may not trace (`apt-get install strace`)');

const ADDRESS =
  /sa_family=AF_INET6?,.*?port=htons\((\d+)\).*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")/g;
const isHere = (address: string, port: string) => /^(?:127\.|::1$|::ffff:127\.)/.test(address) && port !== '53';

/** Addresses outside this machine that a trace tells of; a question to a name server is one. */
const outside = (trace: string): string[] =>
  [...trace.matchAll(ADDRESS)].flatMap(([, port = '', v4, v6 = '']) =>
    isHere(v4 ?? v6, port) ? [] : [`${v4 ?? v6}:${port}`],
  );

/** Files and folders that a trace tells were made, by their whole paths. A scoring child has no HOME, and would use root's. */
const made = (trace: string): string[] =>
  [...trace.matchAll(/(?:open(?:at)?\(.*?"(\/[^"]+)", [^)\n]*O_CREAT|mkdir(?:at)?\(.*?"(\/[^"]+)")(?!.* = -1).*$/gm)]
    .map(([, file, made = '']) => file ?? made)
    .filter((path) => !/^\/(?:dev|proc)\//.test(path))
    .filter((path) => !/^\/(?:newroot|oldroot)(?:\/|$)/.test(path)); // mount points of a sandbox, in memory of its own

/** A user who set every switch the wrong way, on a machine where no variable of a CI keeps libraries quiet. */
function world() {
  const [home, scratch, folder] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(600));
  const { PATH = '' } = process.env;
  // Node hands NODE_V8_COVERAGE to every child whose environment does not name it; what it writes is not the program's.
  const env = { PATH, HOME: home, TMPDIR: scratch, LANG: 'C.UTF-8', ORT_DISABLE_TELEMETRY: '0', NODE_V8_COVERAGE: '' };
  const log = join(temporaryFolder(), 'trace');
  const start = (program: string, ...args: string[]): ChildProcess => {
    const argv = [process.execPath, program, ...args];
    const [command = '', ...rest] = traced ? ['strace', ...STRACE, '-o', log, ...argv] : argv;
    return spawn(command, rest, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const left = () => [home, scratch].flatMap((place) => readdirSync(place, { recursive: true, encoding: 'utf8' }));
  /** What the command before did that it should not have. */
  const wrong = () => {
    const trace = traced ? readFileSync(log, 'utf8') : '';
    const elsewhere = made(trace).filter((path) => ![folder, scratch].some((ours) => path.startsWith(ours)));
    return { contacted: outside(trace), elsewhere, left: left() };
  };
  return { folder, start, wrong };
}

const attacks = suite('attacks by what leaves the machine');

attacks('a trace is read for every way out', () => {
  const line = (call: string) => `12 ${call} = 0\n`;
  assert.equal(
    outside(
      [
        line('connect(20, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16)'),
        line('connect(20, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16)'),
        line('connect(20, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16)'),
        line(
          'connect(21, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28)',
        ),
        line('connect(21, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110)'),
      ].join(''),
    ),
    ['192.0.2.7:443', '127.0.0.53:53', '2001:db8::1:443'],
  );
});

attacks('attack 85: no command tells anybody of itself, nor leaves a file outside its folders', async () => {
  const { folder, start, wrong } = world();
  const nothing = { contacted: [], elsewhere: [], left: [] };
  const up = start(cli, 'up', '--port', '0');
  const [, url] = await printed(up, /answers at (http:\S+)/);
  const answer = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'A great film.' }),
  });
  assert.is(answer.status, 200);
  up.kill('SIGTERM');
  assert.is(await ended(up), 0);
  assert.equal(wrong(), nothing, 'up, which trains, judges and serves');

  for (const args of [['doctor'], ['evaluate', 'v1'], ['predict', 'A great film.'], ['audit'], ['backend', 'list']]) {
    const child = start(cli, ...args);
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(String(chunk)));
    const code = await ended(child);
    assert.ok(code === 0 || code === 1, `${args.join(' ')} ended with ${code}: ${said.join('')}`);
    assert.equal(wrong(), nothing, args.join(' '));
  }
  assert.equal(readdirSync(folder).sort(), ['.pawl', 'pawl.yaml']);
});

attacks(
  'attack 85: what answers for a machine of AWS is asked nothing on behalf of another server’s bucket',
  async () => {
    const asked: string[] = [];
    const double = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(403).end();
    }).listen(0, '127.0.0.1');
    await once(double, 'listening');
    const url = `http://127.0.0.1:${(double.address() as AddressInfo).port}`;
    const settings = { store: 's3', 's3.bucket': 'models', 's3.endpoint': `${url}/bucket` };
    const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `artifacts.${name}=${value}`]);
    const env = { HOME: temporaryFolder(), AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
    const { code, stderr } = await pawl(temporaryFolder(), [...set, 'artifacts', 'list'], { env });
    double.close();
    assert.is(code, 3, stderr);
    assert.match(stderr, /AWS_ACCESS_KEY_ID/);
    assert.equal(
      asked.filter((path) => path.startsWith('/latest')),
      [],
    );
  },
);

attacks.run();
