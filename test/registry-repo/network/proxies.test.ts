import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NetworkSettingError } from '../../../registry-repo/network/errors.ts';
import { type Env, proxyRoutes } from '../../../registry-repo/network/proxies.ts';
import { rejects } from '../../support/rejects.ts';

const proxies = suite('which proxy');

const through = (env: Env, url: string): string | null => proxyRoutes(env)?.(new URL(url))?.origin ?? null;

proxies('is as git has it', () => {
  const both = { HTTPS_PROXY: 'http://a:1', http_proxy: 'http://b:2' };
  assert.is(through(both, 'https://x.org/'), 'http://a:1');
  assert.is(through(both, 'http://x.org/'), 'http://b:2');
  assert.is(through({ HTTPS_PROXY: 'http://a:1' }, 'http://x.org/'), null, 'of the other kind alone');
  assert.is(through({ ALL_PROXY: 'https://c:3', HTTPS_PROXY: 'http://a:1' }, 'http://x.org/'), 'https://c:3');
  assert.is(through({ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://a:1' }, 'https://x.org/'), 'http://small:1');
  assert.is(through({ https_proxy: '', HTTPS_PROXY: 'a:1' }, 'https://x.org/'), 'http://a:1', 'without a scheme');
  assert.is(through({ HTTPS_PROXY: 'http://a:1' }, 'https://127.0.0.1/'), 'http://a:1', 'loopback is no exception');
  assert.is(proxyRoutes({ NO_PROXY: '*' }), null);
});

proxies('NO_PROXY takes hosts and all below them, addresses, networks and ports', () => {
  const goesAround = (entry: string, url: string) =>
    through({ HTTPS_PROXY: 'http://a:1', ALL_PROXY: 'http://a:1', NO_PROXY: `other.net, ${entry}` }, url) === null;
  const table: [string, string, boolean][] = [
    ['example.org', 'https://example.org/', true],
    ['example.org', 'https://git.EXAMPLE.org/', true],
    ['example.org', 'https://badexample.org/', false],
    ['.example.org', 'https://example.org/', true],
    ['*.example.org', 'https://git.example.org/', true],
    ['example.org:8443', 'https://example.org:8443/', true],
    ['example.org:8443', 'https://example.org/', false],
    ['example.org:443', 'https://example.org/', true],
    ['*', 'http://anything.net/', true],
    ['127.0.0.1', 'http://127.0.0.1:99/', true],
    ['0.0.1', 'http://127.0.0.1:99/', false],
    ['10.0.0.0/8', 'https://10.20.30.40/', true],
    ['10.0.0.0/8', 'https://11.20.30.40/', false],
    ['::1', 'http://[::1]:8080/', true],
    ['[::1]:8080', 'http://[::1]:8080/', true],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['localhost', 'http://localhost:1/', true],
  ];
  for (const [entry, url, around] of table) assert.is(goesAround(entry, url), around, `${entry} for ${url}`);
});

proxies('user and password are for the proxy, and in no error', async () => {
  const proxy = proxyRoutes({ HTTPS_PROXY: 'http://me:s%40fe@a:1' })?.(new URL('https://x.org/'));
  assert.is(proxy?.origin, 'http://a:1');
  assert.is(proxy?.authorization, `Basic ${Buffer.from('me:s@fe').toString('base64')}`);
  const wrong = ['socks5://me:hidden@a:1', 'http://me:hidden@a b:1', 'http://me:hidden%@a:1', 'http://me:hidden@:1'];
  for (const value of wrong) {
    const { message, code } = await rejects(
      Promise.resolve().then(() => proxyRoutes({ ALL_PROXY: value })),
      NetworkSettingError,
    );
    assert.is(code, 'network_setting');
    assert.match(message, /^ALL_PROXY /);
    assert.not.match(message, /hidden/);
  }
});

proxies.run();
