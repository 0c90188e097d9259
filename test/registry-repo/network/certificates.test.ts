import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NetworkSettingError } from '../../../registry-repo/network/errors.ts';
import { fetchFor } from '../../../registry-repo/network/network.undici.ts';
import { startProxyDouble } from '../../doubles/proxy.ts';
import { startOrigin } from '../../support/origin.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { rejects } from '../../support/rejects.ts';

const certificates = suite('certificate authorities');

/** Key and certificate of a server that only who trusts it by name believes. */
function ownServer(host: string): { folder: string; file: string; tls: { key: string; cert: string } } | null {
  const folder = temporaryFolder();
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'own.pem')];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},IP:127.0.0.1`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const made = spawnSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', file, ...subject]);
  if (made.status !== 0) return null;
  return { folder, file, tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8') } };
}

const own = ownServer('git.test');
if (own)
  certificates('are trusted as variables name them, with a proxy and without one', async () => {
    const { file, folder, tls } = own;
    const origin = await startOrigin(tls);
    const proxy = await startProxyDouble({ login: 'me:mine', hosts: { 'git.test': origin.port } });
    const direct = `https://127.0.0.1:${origin.port}/`;
    const hashed = join(folder, 'hashed');
    mkdirSync(hashed);
    copyFileSync(file, join(hashed, '0a1b2c3d.0'));
    try {
      for (const [variable, value] of [
        ['SSL_CERT_FILE', file],
        ['GIT_SSL_CAINFO', file],
        ['NODE_EXTRA_CA_CERTS', file],
        ['SSL_CERT_DIR', hashed],
      ] as const) {
        assert.is((await fetchFor({ [variable]: value })(direct)).status, 404, variable);
        const through = fetchFor({ [variable]: value, HTTPS_PROXY: proxy.named });
        assert.is((await through('https://git.test/')).status, 404, `${variable} through the proxy`);
      }
      assert.equal([...new Set(proxy.seen)], ['CONNECT git.test:443']);
      for (const { headers } of origin.requests) assert.is(headers['proxy-authorization'], undefined);

      const distrusted = await rejects(fetchFor({ HTTPS_PROXY: proxy.named })('https://git.test/'), TypeError);
      assert.match(
        (distrusted.cause as Error).message,
        /a certificate that is not trusted \(\w*SELF_SIGNED\w*\): name the file/,
      );
      const wrong = await rejects(
        fetchFor({ HTTPS_PROXY: proxy.url, SSL_CERT_FILE: file })('https://git.test/'),
        TypeError,
      );
      assert.match((wrong.cause as Error).message, /wants another user or password: put them into HTTPS_PROXY/);
    } finally {
      await proxy.close();
      await origin.close();
    }
  });
else console.log('SKIPPED a server with a certificate of its own: openssl is not installed');

certificates('a file that cannot be read is named, with its variable', async () => {
  const empty = join(temporaryFolder(), 'empty.pem');
  writeFileSync(empty, 'no certificate\n');
  const broken = join(temporaryFolder(), 'broken.pem');
  writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  const gone = join(temporaryFolder(), 'gone.pem');
  for (const variable of ['SSL_CERT_FILE', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS'])
    for (const path of [empty, broken, gone]) {
      const error = await rejects(
        Promise.resolve().then(() => fetchFor({ [variable]: path })),
        NetworkSettingError,
      );
      assert.ok(error.message.startsWith(`${variable} names ${path}, which `), error.message);
    }
  await rejects(
    Promise.resolve().then(() => fetchFor({ SSL_CERT_DIR: gone })),
    NetworkSettingError,
  );
});

certificates.run();
