import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addressesFor, listenAdvice } from '../../server/listen.ts';
import { PATIENCE_MS } from '../support/until.ts';

const loopback = suite('loopback');
const failed = (code: string) => Object.assign(new Error(code), { code });

loopback('this machine has other addresses than the first, and others are never taken for it', () => {
  assert.equal(addressesFor('127.0.0.1'), ['127.0.0.1', '::1']);
  assert.equal(addressesFor('localhost'), ['localhost', '127.0.0.1', '::1']);
  for (const host of ['::1', '0.0.0.0', '::', '192.0.2.1', 'example.org']) assert.equal(addressesFor(host), [host]);
});

loopback('advice names what the machine has', () => {
  assert.is(
    listenAdvice(failed('EADDRNOTAVAIL'), ['::1', '2001:db8::2']),
    'this machine has no such address: use ::1 or 2001:db8::2, or :: for every network',
  );
  for (const code of ['EAI_AGAIN', 'ENOTFOUND'])
    assert.match(
      listenAdvice(failed(code), ['127.0.0.1']),
      'nobody here knows this name: use 127.0.0.1, or 0.0.0.0 for',
    );
  assert.match(listenAdvice(failed('EADDRNOTAVAIL'), []), 'ip link set lo up');
  assert.is(listenAdvice(failed('EOTHER'), []), 'EOTHER');
});

/** Runs on a network of its own, without DNS and `/etc/hosts`. */
const HOST = 'mount --bind /dev/null /etc/hosts && mount --bind /dev/null /etc/resolv.conf';
const alone = (network: string, ...command: readonly string[]) =>
  spawnSync('unshare', ['-r', '-n', '-m', 'sh', '-c', `${network} && ${HOST} && exec "$@"`, 'sh', ...command], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
const ONLY_IPV6 = 'ip link set lo up && ip addr del 127.0.0.1/8 dev lo';
const entry = fileURLToPath(new URL('../support/listen-once.js', import.meta.url));

if (alone(ONLY_IPV6, 'grep', '-q', '00000000000000000000000000000001', '/proc/net/if_inet6').status === 0)
  loopback('a machine with IPv6 alone, and one that knows no name', () => {
    const on = (network: string, host: string) => alone(network, process.execPath, entry, host).stdout.trim();
    for (const host of ['127.0.0.1', 'localhost', '::1'])
      assert.is(on(ONLY_IPV6, host), 'http://[::1]:PORT here', host);
    assert.match(on(ONLY_IPV6, '192.0.2.1'), 'no such address: use ::1, or :: for every network');
    assert.match(on(ONLY_IPV6, 'example.org'), 'nobody here knows this name: use ::1, or :: for every network');
    assert.is(on('ip link set lo up', 'localhost'), 'http://127.0.0.1:PORT here');
  });
else console.log('SKIPPED a machine with IPv6 alone: no network of its own can be made here, or it would have no IPv6');

loopback.run();
