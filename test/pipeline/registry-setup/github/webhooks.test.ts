import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { webhooksPart } from '../../../../pipeline/registry-setup/github/webhooks.ts';
import { startGitHubDouble } from '../../../doubles/github/double.ts';
import { forgeOn } from '../../../doubles/github/forge.ts';

const wanted = {
  owner: 'org',
  repo: 'registry',
  visibility: 'private',
  gateApp: null,
  approvals: 0,
  codeOwners: false,
  log: null,
} as const;

const hooks = suite('webhooks of a registry');

hooks('are to be signed, as JSON, over checked connections; those of others are nobody’s business', async () => {
  const double = await startGitHubDouble();
  try {
    await double.createRepo('org/registry', { a: 'a' });
    const apiOf = (permissions: Record<string, 'read' | 'write'>) =>
      forgeOn(double, 'org/registry', {
        token: double.token('admin', { role: 'admin', repo: 'org/registry', permissions }),
      }).connection.place.api;
    const api = apiOf({ metadata: 'read', repository_hooks: 'write' });
    const look = () => webhooksPart({ api, wanted });
    const add = (config: Record<string, string>) => {
      const params = { owner: 'org', repo: 'registry', config, events: ['push'] };
      return api.send('POST /repos/{owner}/{repo}/hooks', params, {
        safeParse: (data: unknown) => ({ success: true, data }),
      } as never);
    };
    assert.equal([(await look()).state, (await look()).what], ['ok', 'none for a server of Pawl’s']);
    await add({ url: 'http://127.0.0.1:9/other' });
    await add({ url: 'http://127.0.0.1:9/webhooks/github', content_type: 'json', secret: 'long enough, and random' });
    assert.equal([(await look()).state, (await look()).what], ['ok', '1, signed']);
    await add({ url: 'http://127.0.0.1:8/webhooks/github', content_type: 'form', insecure_ssl: '1' });
    const found = await look();
    assert.is(found.state, 'differs');
    for (const part of ['has no secret', 'application/json', 'certificate']) assert.match(found.what, part);
    assert.is(found.calls[0]?.route, 'PATCH /repos/{owner}/{repo}/hooks/{hook_id}');
    const blind = await webhooksPart({ api: apiOf({ metadata: 'read' }), wanted });
    assert.equal([blind.state, blind.what], ['ok', 'not shown to this token']);
    assert.equal(double.violations, []);
  } finally {
    await double.close();
  }
});

hooks.run();
