import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startProxyDouble } from '../doubles/proxy.ts';
import { pawl } from '../support/cli.ts';
import { startOrigin } from '../support/origin.ts';
import { temporaryFolder } from '../support/paths.ts';

// That each command gives its clients the way to the network: the names are known to the proxy alone.

const proxies = suite('commands and proxies');

const REPOSITORY = ['--set', 'registry.repository=org/registry'];
const S3 = ['store=s3', 's3.bucket=models', 's3.endpoint=http://s3.test', 's3.pathStyle=true'];
const HUB = ['hub.endpoint=http://hub.test', 'training.trainer=encoder-head', 'training.config.model=someone/tiny'];
const set = (settings: readonly string[]) => settings.flatMap((setting) => ['--set', setting]);

/** Name of a host, and a command that asks it something. */
const COMMANDS: Record<string, readonly string[]> = {
  'data.test': ['train', ...set(['data.kind=imdb', 'data.url=http://data.test/reviews.tar.gz'])],
  'hub.test': ['train', '--dataset', 'sample', ...set(HUB)],
  's3.test': ['artifacts', 'list', ...set(S3.map((setting) => `artifacts.${setting}`))],
  'gitea.test': ['registry', 'init', '--forge', 'gitea', '--set', 'registry.api=http://gitea.test', ...REPOSITORY],
  'github.test': ['registry', 'init', '--forge', 'github', '--set', 'registry.api=http://github.test', ...REPOSITORY],
};
const SECRETS = {
  PAWL_SECRET_FORGE_TOKEN: 'github_pat_of_nobody',
  AWS_ACCESS_KEY_ID: 'pawl-test',
  AWS_SECRET_ACCESS_KEY: 'pawl-test-secret',
};

for (const [host, command] of Object.entries(COMMANDS))
  proxies(
    `${command.slice(0, 2).join(' ')} asks ${host} through the proxy, and not past a variable that is wrong`,
    async () => {
      const origin = await startOrigin();
      const proxy = await startProxyDouble({ login: 'me:mine', hosts: { [host]: origin.port } });
      const env = { ...SECRETS, NO_PROXY: '', no_proxy: '', http_proxy: proxy.named };
      try {
        const { stderr } = await pawl(temporaryFolder(), command, { env });
        assert.ok(origin.requests.length > 0, stderr);
        assert.is(proxy.seen.length, origin.requests.length);
        for (const line of proxy.seen) assert.ok(new URL(line.split(' ')[1] as string).hostname === host, line);

        const asked = proxy.seen.length;
        const wrong = await pawl(temporaryFolder(), command, { env: { ...env, SSL_CERT_FILE: '/is/not/there.pem' } });
        assert.is(wrong.code, 3);
        assert.match(
          wrong.stderr,
          /SSL_CERT_FILE names \/is\/not\/there\.pem, which cannot be read .*\[network_setting\]/,
        );
        assert.is(proxy.seen.length, asked);
      } finally {
        await proxy.close();
        await origin.close();
      }
    },
  );

proxies.run();
