import { randomBytes } from 'node:crypto';
import { gateByAct } from '../../test/doubles/github/act-jobs.ts';
import { Team } from '../../test/doubles/github/gate-workflow.ts';
import { actMissing } from '../../test/support/act.ts';

/** Where the story is played. */
export type Stage = {
  readonly title: string;
  readonly repository: string;
  /** Address of the REST API. */
  readonly api: string;
  /** Variables of the account that sets the registry up, and of the one that promotes. */
  readonly admin: Readonly<Record<string, string>>;
  readonly promoter: Readonly<Record<string, string>>;
  /** A token that can read pull requests. */
  readonly reader: string;
  readonly initArgs: readonly string[];
  /** Who judges: the registry's workflow, or the machine that promotes. */
  readonly gate: 'workflow' | 'here';
  /** Told where the keys are, once they are made. */
  readonly keysAt: (folder: string) => void;
  /** Has the server told of what happens in the registry; null where nothing outside can reach it. */
  readonly webhook: ((url: string) => Promise<{ secret: string }>) | null;
  /** What was asked against the rules of GitHub's API. */
  readonly violations: () => readonly string[];
  readonly close: () => Promise<void>;
};

const NOTHING = async (): Promise<void> => {};

/** GitHub's double, and the registry's workflow by `act`; without it, by the two commands of its jobs. */
export async function onDouble(): Promise<Stage> {
  const team = await Team.create();
  const act = actMissing() === null;
  if (act)
    team.onRequest = async (number, head) => ((await gateByAct(team, number, head)).code === 0 ? 'success' : 'failure');
  const hooks = team.double.token('admin', { permissions: { metadata: 'read', repository_hooks: 'write' } });
  const secret = randomBytes(20).toString('hex');
  return {
    title: `GitHub’s double at ${team.double.web}; the gate’s workflow is run ${act ? 'by act' : 'as the two commands of its jobs, since act is not installed'}`,
    repository: team.repository,
    api: team.double.url,
    admin: team.asAdmin,
    promoter: team.asPromoter,
    reader: team.double.token('reviewer', {
      permissions: { metadata: 'read', contents: 'read', pull_requests: 'read', statuses: 'read' },
    }),
    initArgs: ['--action', team.action],
    gate: 'workflow',
    keysAt: (folder) => {
      team.keys = folder;
    },
    webhook: async (url) => {
      const body = { config: { url, content_type: 'json', secret }, events: ['push', 'pull_request'] };
      const answer = await fetch(`${team.double.url}/repos/${team.repository}/hooks`, {
        method: 'POST',
        headers: { authorization: `token ${hooks}`, 'content-type': 'application/json', 'user-agent': 'pawl-demo' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`the webhook was refused: ${await answer.text()}`);
      return { secret };
    },
    violations: () => team.double.violations,
    close: () => team.double.close(),
  };
}

/**
 * A repository on github.com, or another server that `PAWL_REGISTRY_API` names: made if it is not there. With
 * `PAWL_REGISTRY_ACTION`, the registry's own workflow judges, and must have its secrets; else this machine does.
 */
export function onGitHub(repository: string, env: NodeJS.ProcessEnv): Stage {
  const token = env.PAWL_SECRET_FORGE_TOKEN;
  if (!token) throw new Error('set PAWL_SECRET_FORGE_TOKEN to a token that may administer the repository');
  const action = env.PAWL_REGISTRY_ACTION;
  const gate = action ? 'workflow' : 'here';
  const api = env.PAWL_REGISTRY_API ?? 'https://api.github.com';
  const as = {
    PAWL_REGISTRY_FORGE: 'github',
    PAWL_REGISTRY_REPOSITORY: repository,
    PAWL_REGISTRY_GATE: gate,
    PAWL_SECRET_FORGE_TOKEN: token,
    ...(env.PAWL_REGISTRY_API ? { PAWL_REGISTRY_API: api } : {}),
  };
  const who = gate === 'here' ? 'this machine judges and merges' : 'its own workflow judges and merges';
  return {
    ...{ title: `${repository} at ${api}; ${who}`, repository, api, gate, reader: token },
    ...{ admin: as, promoter: as, initArgs: action ? ['--action', action] : [] },
    ...{ keysAt: () => {}, webhook: null, violations: () => [], close: NOTHING },
  };
}
