import { parse } from 'yaml';
import { created, invalid, noContent, notFound, ok, Refusal } from '../answers.ts';
import { type Context, page, type Routes } from '../route.ts';
import { rulesOf } from '../rules.ts';
import type { Environment, Hook, Repo, Ruleset, Run } from '../state.ts';

const shownRuleset = (repo: Repo, { createdAt, updatedAt, ...r }: Ruleset) => ({
  ...r,
  source: repo.fullName,
  source_type: 'Repository',
  created_at: createdAt,
  updated_at: updatedAt,
});

/** The answers of github.com by plan and visibility, as recorded there. */
function checkRulesets({ world: { options }, repo }: Context): void {
  if (options.partial?.noRulesets) throw notFound();
  if (repo.private && options.plan === 'free')
    throw new Refusal(403, 'Upgrade to GitHub Pro or make this repository public to enable this feature.');
}

function checkForks({ repo }: Context): void {
  if (repo.private)
    throw new Refusal(422, 'Validation Failed', {
      errors: 'Fork PR approval is not allowed for private repositories.',
    });
}

function checkEnvironment({ world: { options }, repo }: Context): void {
  if (repo.private && options.plan === 'free')
    throw new Refusal(
      422,
      'Failed to create the environment protection rule. Please ensure the billing plan supports the required reviewers protection rule.',
    );
}

function rulesetOf(c: Context): Ruleset {
  checkRulesets(c);
  const found = c.repo.rulesets.find((r) => r.id === Number(c.values.ruleset_id));
  if (!found) throw notFound();
  return found;
}

function environmentOf(c: Context): Environment {
  const found = c.repo.environments.find((e) => e.name === c.values.environment_name);
  if (!found) throw notFound();
  return found;
}

const shownEnvironment = (e: Environment) => ({ id: e.id, name: e.name, deployment_branch_policy: e.policy });
const shownHook = ({ id, active, events, config }: Hook) => ({
  id,
  name: 'web',
  active,
  events,
  config: { ...config, ...(config.secret && { secret: '********' }) },
});
const shownRun = (r: Run) => ({
  id: r.id,
  name: r.name,
  display_title: r.name,
  path: r.path,
  event: r.event,
  head_branch: r.branch,
  head_sha: r.sha,
  status: r.status,
  conclusion: r.conclusion,
  run_number: r.number,
  created_at: r.createdAt,
});

function hookOf(c: Context): Hook {
  const found = c.repo.hooks.find((h) => h.id === Number(c.values.hook_id));
  if (!found) throw notFound();
  return found;
}

type Workflow = { 'run-name'?: string; on?: { workflow_dispatch?: { inputs?: Record<string, Input> } | null } };
type Input = { required?: boolean; default?: unknown; type?: string } | null;

/** A workflow's `run-name` with its inputs, or its file's name. @throws {Refusal} if it does not accept these inputs */
async function runName(c: Context, file: string, ref: string, inputs: Record<string, string>): Promise<string> {
  const at = await c.repo.git.resolve(`refs/heads/${ref}`);
  const entry = at && (await c.repo.git.entry(at, `.github/workflows/${file}`));
  if (!entry) throw notFound();
  const workflow: Workflow = parse((await c.repo.git.blob(entry.oid)).toString('utf8'));
  const { on } = workflow;
  const listens =
    typeof on === 'string'
      ? on === 'workflow_dispatch'
      : Array.isArray(on)
        ? on.includes('workflow_dispatch')
        : on && 'workflow_dispatch' in on;
  if (!listens) throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
  checkInputs((on as Workflow['on'])?.workflow_dispatch?.inputs ?? {}, inputs);
  return (workflow['run-name'] ?? file).replace(/\$\{\{ *inputs\.(\w+) *\}\}/g, (_, key: string) => inputs[key] ?? '');
}

function checkInputs(known: Readonly<Record<string, Input>>, given: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(unknown)}`);
  for (const [name, input] of Object.entries(known))
    if (input?.required && input.default === undefined && !given[name])
      throw new Refusal(422, `Required input '${name}' not provided`);
  if (Object.keys(given).length > 25) throw new Refusal(422, 'you may only define up to 25 `inputs`');
}

const dispatch = async (c: Context) => {
  const file = c.values.workflow_id as string;
  const ref = String(c.body.ref).replace(/^refs\/heads\//, '');
  const inputs = c.body.inputs ?? {};
  const sha = await c.repo.git.resolve(`refs/heads/${ref}`);
  if (!sha) throw new Refusal(422, `No ref found for: ${ref}`);
  const name = await runName(c, file, ref, inputs);
  const run: Run = {
    id: c.world.id(),
    number: c.repo.runs.length + 1,
    name,
    path: `.github/workflows/${file}`,
    event: 'workflow_dispatch',
    branch: ref,
    sha,
    actor: c.actor.account as Run['actor'],
    createdAt: c.world.time(),
    status: 'queued',
    conclusion: null,
  };
  c.repo.runs.push(run);
  const told = {
    repo: c.repo.fullName,
    workflow: file,
    ref,
    inputs,
    runId: run.id,
    actor: c.actor.account?.login ?? '',
  };
  c.world.dispatches.push(told);
  const { onDispatch } = c.world.options;
  if (onDispatch)
    c.world.later(
      (async () => {
        run.status = 'in_progress';
        run.conclusion = await onDispatch(told).then(
          (r) => r || 'success',
          () => 'failure',
        );
        run.status = 'completed';
      })(),
    );
  return noContent;
};

const part = (key: keyof Repo['actions'], write: boolean) => (c: Context) => {
  if (key === 'forks') checkForks(c);
  if (write && c.world.options.orgActions) throw new Refusal(409, 'Conflict');
  if (!write) return ok(c.repo.actions[key]);
  c.repo.actions[key] = { ...c.repo.actions[key], ...c.body };
  return noContent;
};

export const settingsRoutes: Routes = {
  'repos/get-repo-rulesets': (c) => {
    checkRulesets(c);
    return page(
      c,
      c.repo.rulesets.map(({ rules: _, conditions: __, ...r }) => ({ ...shownRuleset(c.repo, r as Ruleset) })),
    );
  },
  'repos/get-repo-ruleset': (c) => ok(shownRuleset(c.repo, rulesetOf(c))),
  'repos/create-repo-ruleset': (c) => {
    checkRulesets(c);
    if (c.repo.rulesets.some((r) => r.name === c.body.name))
      throw new Refusal(422, 'Validation Failed', { errors: ['Name must be unique'] });
    const made: Ruleset = {
      id: c.world.id(),
      target: 'branch',
      bypass_actors: [],
      conditions: {},
      rules: [],
      ...c.body,
      createdAt: c.world.time(),
      updatedAt: c.world.time(),
    };
    c.repo.rulesets.push(made);
    return created(shownRuleset(c.repo, made));
  },
  'repos/update-repo-ruleset': (c) => {
    const known = rulesetOf(c);
    Object.assign(known, c.body, { updatedAt: c.world.time() });
    return ok(shownRuleset(c.repo, known));
  },
  'repos/delete-repo-ruleset': (c) => {
    c.repo.rulesets.splice(c.repo.rulesets.indexOf(rulesetOf(c)), 1);
    return noContent;
  },
  'repos/get-branch-rules': (c) => {
    checkRulesets(c);
    const rules = rulesOf(c.repo, `refs/heads/${c.values.branch}`).map(({ ruleset, ...rule }) => ({
      ...rule,
      ruleset_source_type: 'Repository',
      ruleset_source: c.repo.fullName,
      ruleset_id: ruleset.id,
    }));
    return page(c, rules);
  },
  'actions/get-github-actions-permissions-repository': part('permissions', false),
  'actions/set-github-actions-permissions-repository': part('permissions', true),
  'actions/get-github-actions-default-workflow-permissions-repository': part('workflow', false),
  'actions/set-github-actions-default-workflow-permissions-repository': part('workflow', true),
  'actions/get-fork-pr-contributor-approval-permissions-repository': part('forks', false),
  'actions/set-fork-pr-contributor-approval-permissions-repository': part('forks', true),
  'actions/create-workflow-dispatch': dispatch,
  'actions/list-workflow-runs': (c) =>
    page(
      c,
      c.repo.runs
        .filter((r) => r.path.endsWith(`/${c.values.workflow_id}`) && r.event === (c.query.event ?? r.event))
        .toReversed()
        .map(shownRun),
      'workflow_runs',
    ),
  'actions/list-workflow-runs-for-repo': (c) => page(c, c.repo.runs.toReversed().map(shownRun), 'workflow_runs'),
  'repos/get-environment': (c) => ok(shownEnvironment(environmentOf(c))),
  'repos/create-or-update-environment': (c) => {
    checkEnvironment(c);
    const name = c.values.environment_name as string;
    const known = c.repo.environments.find((e) => e.name === name);
    const environment: Environment = known ?? { id: c.world.id(), name, settings: {}, policy: null, branches: [] };
    environment.policy = c.body?.deployment_branch_policy ?? null;
    if (!known) c.repo.environments.push(environment);
    return ok(shownEnvironment(environment));
  },
  'repos/list-deployment-branch-policies': (c) => page(c, environmentOf(c).branches, 'branch_policies'),
  'repos/create-deployment-branch-policy': (c) => {
    const environment = environmentOf(c);
    if (environment.policy?.custom_branch_policies !== true) throw notFound();
    const made = { id: c.world.id(), name: c.body.name, type: c.body.type ?? 'branch' };
    environment.branches.push(made);
    return ok(made);
  },
  'repos/list-webhooks': (c) => page(c, c.repo.hooks.map(shownHook)),
  'repos/get-webhook': (c) => ok(shownHook(hookOf(c))),
  'repos/create-webhook': (c) => {
    const same = (h: Hook) => h.config.url === c.body.config?.url;
    if (!c.body.config?.url) throw invalid('Hook', 'url', 'missing_field');
    if (c.repo.hooks.some(same))
      throw new Refusal(422, 'Validation Failed', {
        errors: [{ resource: 'Hook', code: 'custom', message: 'Hook already exists on this repository' }],
      });
    const hook: Hook = {
      id: c.world.id(),
      active: c.body.active ?? true,
      events: c.body.events ?? ['push'],
      config: c.body.config,
    };
    c.repo.hooks.push(hook);
    c.world.later(
      c.world.deliver(hook, 'ping', {
        zen: 'Keep it logically awesome.',
        hook_id: hook.id,
        repository: { full_name: c.repo.fullName },
      }),
    );
    return created(shownHook(hook));
  },
  'repos/update-webhook': (c) => {
    const hook = hookOf(c);
    Object.assign(hook, {
      active: c.body.active ?? hook.active,
      events: c.body.events ?? hook.events,
      config: { ...hook.config, ...c.body.config },
    });
    return ok(shownHook(hook));
  },
};
