import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Api, Params } from '../../../../pipeline/forge/rest/api.ts';
import { planRepository } from '../../../../pipeline/registry-setup/github/plan.ts';
import {
  actionsPermissions,
  environmentSettings,
  forkApproval,
  repositorySettings,
  ruleset,
  type Wanted,
  workflowPermissions,
} from '../../../../pipeline/registry-setup/github/wanted.ts';

const wanted: Wanted = {
  ...{ owner: 'team', repo: 'registry', visibility: 'private', gateApp: 7, approvals: 1, codeOwners: false, log: null },
};

type Shown = { actions?: object; rules?: object };

/** A repository as it should be, but for what is given. */
function showing({ actions = actionsPermissions, rules = ruleset(wanted) }: Shown): Api {
  const answers: Record<string, unknown> = {
    'GET /repos/{owner}/{repo}': repositorySettings,
    'GET /repos/{owner}/{repo}/actions/permissions': actions,
    'GET /repos/{owner}/{repo}/actions/permissions/workflow': workflowPermissions,
    'GET /repos/{owner}/{repo}/actions/permissions/fork-pr-contributor-approval': forkApproval,
    'GET /repos/{owner}/{repo}/environments/gate': environmentSettings,
    'GET /repos/{owner}/{repo}/rulesets/{ruleset_id}': rules,
  };
  const lists: Record<string, unknown[]> = {
    'GET /repos/{owner}/{repo}/rulesets': [{ id: 3, name: 'pawl: main' }],
    'GET /repos/{owner}/{repo}/environments/gate/deployment-branch-policies': [{ name: 'main' }],
  };
  return {
    url: 'http://forge.example',
    get: async (route, _, answer) => answer.parse(answers[route]),
    list: async (route, _, item) => (lists[route] ?? []).map((one) => item.parse(one)),
    send: () => Promise.reject(new Error('a plan sends nothing')),
  };
}

const partOf = async (name: string, shown: Shown) => {
  const part = (await planRepository(showing(shown), wanted)).find((p) => p.name === name);
  assert.ok(part, name);
  return part;
};

/** The rules with other parameters of one of them. */
function withParameters(type: string, over: Params): ReturnType<typeof ruleset> {
  const rules = ruleset(wanted);
  return {
    ...rules,
    rules: rules.rules.map((rule) =>
      rule.type === type && 'parameters' in rule ? { ...rule, parameters: { ...rule.parameters, ...over } } : rule,
    ) as typeof rules.rules,
  };
}

const plan = suite('how a registry on GitHub should be set up');

plan('what is stricter than wanted is right as it is', async () => {
  const stricter = withParameters('pull_request', {
    required_approving_review_count: 2,
    require_code_owner_review: true,
  });
  assert.is((await partOf('rules of main', { rules: stricter })).state, 'ok');
  const actions = { ...actionsPermissions, allowed_actions: 'selected' };
  assert.is((await partOf('pinned actions', { actions })).state, 'ok');
});

plan('and it stays when something else has to be put right', async () => {
  const actions = { enabled: true, allowed_actions: 'selected', sha_pinning_required: false };
  const pinned = await partOf('pinned actions', { actions });
  assert.is(pinned.state, 'differs');
  assert.equal(pinned.calls[0]?.params, {
    ...{ owner: 'team', repo: 'registry', enabled: true, allowed_actions: 'selected', sha_pinning_required: true },
  });
  const found = withParameters('pull_request', {
    ...{ required_approving_review_count: 2, dismiss_stale_reviews_on_push: false },
  });
  const rules = { ...found, rules: [...found.rules, { type: 'required_signatures' }] };
  const part = await partOf('rules of main', { rules });
  assert.match(
    part.what,
    /^rules\[pull_request\]\.parameters\.dismiss_stale_reviews_on_push is false, should be true$/,
  );
  const sent = part.calls[0]?.params as { rules: { type: string; parameters?: Record<string, unknown> }[] };
  const pulls = sent.rules.find(({ type }) => type === 'pull_request')?.parameters;
  assert.equal([pulls?.required_approving_review_count, pulls?.dismiss_stale_reviews_on_push], [2, true]);
  assert.ok(
    sent.rules.some(({ type }) => type === 'required_signatures'),
    'a rule of somebody else',
  );
});

plan('what is weaker is put right', async () => {
  const weaker = withParameters('pull_request', { required_approving_review_count: 0 });
  const part = await partOf('rules of main', { rules: weaker });
  assert.match(part.what, /required_approving_review_count is 0, should be 1/);
});

plan('who may pass over the rules is not nobody because it is not shown', async () => {
  const { bypass_actors: _, ...hidden } = ruleset(wanted);
  const part = await partOf('rules of main', { rules: hidden });
  assert.equal([part.state, part.what], ['hidden', 'who may pass over the rules is not shown to this token']);
  const named = { ...ruleset(wanted), bypass_actors: [{ actor_id: 5, actor_type: 'RepositoryRole' }] };
  assert.is((await partOf('rules of main', { rules: named })).state, 'differs');
});

plan.run();
