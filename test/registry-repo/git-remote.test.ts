import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GitError } from '../../registry-repo/git-process.ts';
import { bareRepository } from '../support/git.ts';
import { rejects } from '../support/rejects.ts';
import { until } from '../support/until.ts';

const remote = suite('git over a network');

/** Command lines of the processes that name an address; none where the system does not tell. */
function processesAt(url: string): string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        } catch {
          return '';
        }
      })
      .filter((line) => line.includes(url));
  } catch {
    return [];
  }
}

remote('a server that accepts and never answers is given up, and no program of git stays', async () => {
  const held = new Set<Socket>();
  const server = createServer((socket) => {
    held.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/registry.git`;
  try {
    const repo = await bareRepository({ a: '1' });
    const asked = repo.run(['ls-remote', url], { remote: url, timeoutMs: 3000 });
    const refused = rejects(asked, GitError);
    await until(() => held.size > 0);
    assert.match((await refused).message, /no answer in 3000 ms/);
    await until(() => processesAt(url).length === 0);
  } finally {
    for (const socket of held) socket.destroy();
    server.close();
  }
});

remote('silence is bounded for every command that reaches a network', async () => {
  const { reaching } = await import('../../registry-repo/git-remote.ts');
  const { args } = reaching(['fetch', 'https://git.example.org/a.git'], 'https://git.example.org/a.git');
  assert.equal(args.slice(0, 4), ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60']);
});

remote.run();
