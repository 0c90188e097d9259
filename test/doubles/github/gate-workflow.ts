import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Git } from '../../../registry-repo/git.ts';
import { pawl, type Ran } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { type Dispatch, type GitHubDouble, startGitHubDouble } from './double.ts';
import type { Options } from './options.ts';

export type Played = { readonly number: string; readonly head: string; readonly evaluate: Ran; readonly publish: Ran };

/**
 * A team on the double: an organisation, the App that promotes, the App of the gate, a person who administers. The two
 * halves of the gate answer dispatches of its workflow, through the real command line, each with the rights of its job.
 */
export class Team {
  readonly double: GitHubDouble;
  readonly repository = 'org/registry';
  readonly action = `owner/pawl@${'a'.repeat(40)}`;
  readonly promoter: ReturnType<GitHubDouble['app']>;
  readonly gate: ReturnType<GitHubDouble['app']>;
  readonly admin: string;
  readonly reviewer: string;
  readonly played: Played[] = [];
  /** Where the gate's key is, once there is one. */
  keys = '';
  /** Whether dispatches are answered. */
  works = true;
  /** Plays the workflow in another way than by its two commands. @returns the run's conclusion */
  onRequest: ((number: string, head: string) => Promise<string>) | null = null;

  private constructor(double: GitHubDouble) {
    this.double = double;
    double.world.organization('org', { admin: 'admin', reviewer: 'write' });
    this.promoter = double.app('promoter', 'org', PROMOTER);
    this.gate = double.app('gate', 'org', GATE);
    this.admin = double.token('admin', { permissions: ADMIN });
    this.reviewer = double.token('reviewer', {});
  }

  static async create(options: Omit<Options, 'onDispatch'> = {}): Promise<Team> {
    const holder: { team?: Team } = {};
    const double = await startGitHubDouble({ ...options, onDispatch: (d) => (holder.team as Team).#workflow(d) });
    holder.team = new Team(double);
    return holder.team;
  }

  /** Settings that every process of the team shares. */
  get env(): Record<string, string> {
    return {
      PAWL_REGISTRY_FORGE: 'github',
      PAWL_REGISTRY_REPOSITORY: this.repository,
      PAWL_REGISTRY_API: this.double.url,
      PAWL_REGISTRY_GATE_APP: String(this.gate.id),
    };
  }

  get asAdmin(): Record<string, string> {
    return { ...this.env, PAWL_SECRET_FORGE_TOKEN: this.admin };
  }

  get asPromoter(): Record<string, string> {
    return { ...this.env, PAWL_REGISTRY_APP_ID: String(this.promoter.id), PAWL_SECRET_APP_KEY: this.promoter.key };
  }

  async #workflow({ workflow, ref, inputs }: Dispatch): Promise<string | undefined> {
    if (!this.works || workflow !== 'promotion-gate.yml' || ref !== 'main') return 'cancelled';
    const { pr = '', head_sha: head = '' } = inputs as Record<string, string>;
    return this.onRequest ? this.onRequest(pr, head) : this.judge(pr, head);
  }

  /** Both jobs of the workflow, as `registry-repo/seed` has them. */
  async judge(number: string, head: string): Promise<string> {
    const [unprivileged, privileged] = [temporaryFolder(), temporaryFolder()];
    const file = join(unprivileged, 'judgement.json');
    const repo = this.double.world.repo(this.repository);
    if (!repo) throw new Error('no registry');
    await checkOut(repo.git, 'pawl.yaml', [unprivileged, privileged]);
    const reads = { contents: 'read', pull_requests: 'read', statuses: 'read' } as const;
    const token = this.double.world.actionsToken(repo, reads);
    const question = ['--pr', number, '--head', head];
    const evaluate = await pawl(unprivileged, ['gate', 'evaluate', ...question, '--out', file], {
      env: { ...this.env, PAWL_SECRET_FORGE_TOKEN: token },
    });
    const publish = await pawl(privileged, ['gate', 'publish', ...question, '--judgement', file, '--json'], {
      env: {
        ...this.env,
        PAWL_REGISTRY_APP_ID: String(this.gate.id),
        PAWL_SECRET_APP_KEY: this.gate.key,
        PAWL_SECRET_GATE_KEY: readFileSync(join(this.keys, 'gate.pem'), 'utf8'),
      },
    });
    this.played.push({ number, head, evaluate, publish });
    return publish.code === 0 || publish.code === 1 ? 'success' : 'failure';
  }
}

/** What the jobs check out: one file of main, if it is there. */
async function checkOut(git: Git, path: string, folders: readonly string[]): Promise<void> {
  const main = (await git.resolve('refs/heads/main')) as string;
  const entry = await git.entry(main, path);
  if (entry) for (const folder of folders) writeFileSync(join(folder, path), await git.blob(entry.oid));
}

/** The permissions that docs/guides/github.md gives the two Apps, and no more. */
const PROMOTER = {
  metadata: 'read',
  contents: 'write',
  pull_requests: 'write',
  statuses: 'read',
  actions: 'write',
} as const;
const GATE = { metadata: 'read', contents: 'write', pull_requests: 'write', statuses: 'write' } as const;

/** The permissions that docs/guides/github.md gives the token for setting up. */
const ADMIN = {
  metadata: 'read',
  contents: 'write',
  pull_requests: 'write',
  actions: 'read',
  administration: 'write',
  workflows: 'write',
} as const;
