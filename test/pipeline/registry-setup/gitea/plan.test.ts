import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../pipeline/config/config-error.ts';
import type { Api } from '../../../../pipeline/forge/rest/api.ts';
import { planRepository } from '../../../../pipeline/registry-setup/gitea/plan.ts';
import {
  ownersOf,
  protection,
  repositorySettings,
  type Wanted,
} from '../../../../pipeline/registry-setup/gitea/wanted.ts';
import { seedFiles } from '../../../../pipeline/registry-setup/seed.ts';

const wanted: Wanted = {
  ...{ owner: 'team', repo: 'registry', visibility: 'private', gate: 'gatekeeper', approvals: 0, log: null },
  ...ownersOf(['@zoe', '@team/ml']),
};

/** A server that shows these things, and takes nothing. */
const showing = (repository: object, rules: readonly object[]): Api => ({
  url: 'http://forge.example',
  get: async (route, _, answer) => answer.parse(route.endsWith('/permission') ? { permission: 'write' } : repository),
  list: async (_, __, item) => rules.map((rule) => item.parse(rule)),
  send: () => Promise.reject(new Error('a plan sends nothing')),
});
const found = { ...repositorySettings, id: 1 };
const rule = { ...protection(wanted), priority: 2, merge_whitelist_usernames: ['zoe', 'gatekeeper'] };
const states = async (api: Api) => (await planRepository(api, wanted)).map((p) => p.state);

const plan = suite('how a registry on Gitea should be set up');

plan('what is right is left alone, in whatever order the server lists names', async () => {
  assert.equal(await states(showing(found, [rule])), ['ok', 'ok', 'ok']);
});

plan('each part that was loosened is found, and named with the request that mends it', async () => {
  for (const [key, value] of Object.entries({
    push_whitelist_usernames: ['gatekeeper', 'mallory'],
    merge_whitelist_usernames: ['gatekeeper', 'mallory', 'zoe'],
    enable_push_whitelist: false,
    enable_merge_whitelist: false,
    push_whitelist_deploy_keys: true,
    enable_force_push: true,
    enable_status_check: false,
    status_check_contexts: ['ci'],
    block_on_outdated_branch: false,
    block_admin_merge_override: false,
  })) {
    const [, , main] = await planRepository(showing(found, [{ ...rule, [key]: value }]), wanted);
    assert.equal([main?.state, main?.calls.length], ['differs', 1], key);
    assert.match(main?.what ?? '', key);
  }
});

plan('a rule with a pattern that may come before main’s is a problem that no request mends', async () => {
  const other = { rule_name: 'm*', priority: 1 };
  const [, , main] = await planRepository(showing(found, [other, rule]), wanted);
  assert.equal([main?.state, main?.calls.length], ['differs', 0]);
  assert.match(main?.what ?? '', 'the rule m*');
});

plan('what an older server does not show is missing, and nothing is sent for it', async () => {
  const { block_admin_merge_override: _, ...older } = rule;
  const [, , main] = await planRepository(showing(found, [older]), wanted);
  assert.equal([main?.state, main?.calls], ['unsupported', []]);
  assert.match(main?.what ?? '', 'block_admin_merge_override');
});

plan('owners are users and teams; anything else is refused', () => {
  assert.equal(ownersOf(['@a', '@org/team', '@b']), { users: ['a', 'b'], teams: ['team'] });
  for (const wrong of ['a', '@', 'a@example.org', '@a b', '@org/team/x', '@-x'])
    assert.throws(
      () => ownersOf([wrong]),
      (error: unknown) => error instanceof ConfigError,
      wrong,
    );
});

plan('its workflows speak to Gitea, and hold nothing that only GitHub knows', async () => {
  const action = `owner/pawl@${'a'.repeat(40)}`;
  const seed = await seedFiles({ forge: 'gitea', gate: 'workflow', action, owners: ['@a'] });
  const gate = seed.get('.github/workflows/promotion-gate.yml') ?? '';
  assert.match(gate, 'PAWL_REGISTRY_FORGE: gitea');
  assert.not.match(gate, 'queue: max');
  assert.not(seed.has('.github/CODEOWNERS'));
  const here = await seedFiles({ forge: 'gitea', gate: 'here', action: null, owners: [] });
  assert.equal(
    [...here.keys()].filter((path) => path.startsWith('.github/')),
    [],
  );
});

plan.run();
