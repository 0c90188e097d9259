import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ActResult, runWorkflow } from '../../support/act.ts';
import type { Team } from './gate-workflow.ts';
import type { Repo } from './state.ts';

// Workflows as they are on main, executed by `act` with the built command line, against the double.

const workflowOn = async (repo: Repo, name: string): Promise<string> =>
  (await repo.git.run(['show', `refs/heads/main:.github/workflows/${name}`])).toString('utf8');

const registryOf = ({ double, repository }: Team): Repo => {
  const repo = double.world.repo(repository);
  if (!repo) throw new Error('there is no registry yet');
  return repo;
};

/** promotion-gate.yml, started for one commit of a pull request. */
export async function gateByAct(team: Team, number: string, head: string): Promise<ActResult> {
  const repo = registryOf(team);
  const { double, repository, gate } = team;
  return runWorkflow({
    workflow: await workflowOn(repo, 'promotion-gate.yml'),
    event: 'workflow_dispatch',
    payload: { ref: 'refs/heads/main', inputs: { pr: number, head_sha: head } },
    repository,
    api: double.url,
    gitUrl: repo.git.gitDir,
    token: double.world.actionsToken(repo, { contents: 'read', pull_requests: 'read', statuses: 'read' }),
    secrets: { PAWL_GATE_KEY: readFileSync(join(team.keys, 'gate.pem'), 'utf8'), PAWL_APP_KEY: gate.key },
    variables: { PAWL_APP_ID: String(gate.id) },
  });
}

/** gate-relay.yml, started by an event of a pull request. @param payload of `pull_request_target` */
export async function relayByAct(team: Team, payload: unknown): Promise<ActResult> {
  const repo = registryOf(team);
  return runWorkflow({
    workflow: await workflowOn(repo, 'gate-relay.yml'),
    event: 'pull_request_target',
    payload,
    repository: team.repository,
    api: team.double.url,
    token: team.double.world.actionsToken(repo, { actions: 'write' }),
  });
}

/** train.yml of a training repository, started by a push of its main. */
export async function trainByAct(team: Team, training: Repo): Promise<ActResult> {
  const { double, promoter } = team;
  const sha = (await training.git.resolve('refs/heads/main')) as string;
  return runWorkflow({
    workflow: await workflowOn(training, 'train.yml'),
    event: 'push',
    payload: { ref: 'refs/heads/main', after: sha },
    repository: training.fullName,
    api: double.url,
    server: double.web,
    sha,
    gitUrl: training.git.gitDir,
    token: double.world.actionsToken(training, { contents: 'read' }),
    secrets: { PAWL_APP_KEY: promoter.key, PAWL_LOG_KEY: readFileSync(join(team.keys, 'log.pem'), 'utf8') },
    variables: {
      PAWL_APP_ID: String(promoter.id),
      PAWL_TRUSTED_KEYS: readFileSync(join(team.keys, 'gate.pub.json'), 'utf8'),
    },
    env: { PAWL_REGISTRY_API: double.url },
  });
}

/** sweep.yml of a training repository, started by hand. */
export async function sweepByAct({ double, promoter }: Team, training: Repo): Promise<ActResult> {
  return runWorkflow({
    workflow: await workflowOn(training, 'sweep.yml'),
    event: 'workflow_dispatch',
    payload: { ref: 'refs/heads/main', inputs: {} },
    repository: training.fullName,
    api: double.url,
    server: double.web,
    gitUrl: training.git.gitDir,
    token: double.world.actionsToken(training, { contents: 'read' }),
    secrets: { PAWL_APP_KEY: promoter.key },
    variables: { PAWL_APP_ID: String(promoter.id) },
  });
}
