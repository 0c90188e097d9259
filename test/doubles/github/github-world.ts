import type { GitHubForge } from '../../../pipeline/forge/forge.github.ts';
import { findJudged } from '../../../pipeline/promotion/pass.ts';
import type { ReconcilePorts } from '../../../pipeline/promotion/ports.ts';
import { type Published, publish } from '../../../pipeline/promotion/publish.ts';
import { ruleset } from '../../../pipeline/registry-setup/github/wanted.ts';
import { evaluatedOf } from '../../../registry-repo/gate/evaluated.ts';
import { type GateRequest, runGate } from '../../../registry-repo/gate/gate.ts';
import type { Policy } from '../../../registry-repo/policy.ts';
import { commitFiles, tester } from '../../support/git.ts';
import { Killed, World } from '../../support/promotions.ts';
import { scoreHere } from '../../support/registry.ts';
import { type Dispatch, type GitHubDouble, startGitHubDouble } from './double.ts';
import { forgeOn, type Login } from './forge.ts';
import { Lock } from './lock.ts';
import type { Repo } from './state.ts';

const REPOSITORY = 'org/registry';

/** A registry on the double under its full rules, with the gate's workflow played in this process, one run after another. */
export class GitHubWorld {
  readonly world: World;
  readonly double: GitHubDouble;
  readonly repo: Repo;
  readonly promoter: Login;
  readonly #gate: Login;
  readonly #queue = new Lock();
  /** Commits that were scored, in order. */
  readonly scored: string[] = [];
  readonly published: Published[] = [];
  /** What the workflow was asked to judge, in order. */
  readonly asked: { readonly number: number; readonly head: string }[] = [];
  /** Runs of the workflow that were killed. */
  died = 0;
  /** The errors of runs of the workflow that gave no outcome. */
  readonly failures: Error[] = [];
  /** Gets the forge of the next run of the workflow before it starts. */
  onGate: ((forge: GitHubForge) => void) | null = null;

  private constructor(world: World, double: GitHubDouble, repo: Repo, promoter: Login, gate: Login) {
    this.world = world;
    this.double = double;
    this.repo = repo;
    this.promoter = promoter;
    this.#gate = gate;
  }

  static async create(change?: (policy: Policy) => void): Promise<GitHubWorld> {
    const world = await World.create(change);
    const holder: { it?: GitHubWorld } = {};
    const double = await startGitHubDouble({ onDispatch: (d) => (holder.it as GitHubWorld).#dispatched(d) });
    const repo = await double.createRepo(REPOSITORY);
    const remote = world.registry.git.gitDir;
    await repo.git.run(['fetch', '--quiet', remote, 'refs/heads/main:refs/heads/main'], { remote });
    const main = (await repo.git.resolve('refs/heads/main')) as string;
    const to = await commitFiles(repo.git, main, { '.github/workflows/promotion-gate.yml': WORKFLOW });
    await repo.git.updateRefs([{ ref: 'refs/heads/main', to, from: main }]);
    const [promoter, gate] = [double.app('promoter', 'org'), double.app('gate', 'org')];
    const wanted = {
      owner: 'org',
      repo: 'registry',
      visibility: 'private',
      gateApp: gate.id,
      approvals: 0,
      codeOwners: false,
      log: null,
    } as const;
    repo.rulesets.push({ id: 1, createdAt: '', updatedAt: '', ...ruleset(wanted) });
    holder.it = new GitHubWorld(world, double, repo, promoter, gate);
    return holder.it;
  }

  forge(): GitHubForge {
    return forgeOn(this.double, REPOSITORY, this.promoter);
  }

  /** Ports of a process of its own, which waits for the workflow. */
  ports(forge = this.forge()): ReconcilePorts {
    const gate = { kind: 'workflow', lookMs: 100, askMs: 600_000 } as const;
    return this.world.ports({ forge, gate, clock: () => new Date() });
  }

  async #dispatched({ inputs }: Dispatch): Promise<undefined> {
    const { pr, head_sha: head } = inputs as { pr: string; head_sha: string };
    this.asked.push({ number: Number(pr), head });
    await this.#queue.run(async () => {
      try {
        this.published.push(await this.gate(Number(pr), head));
      } catch (error) {
        if (error instanceof Killed) this.died++;
        else this.failures.push(error as Error);
      }
    });
  }

  /** Both halves of the gate. */
  async gate(number: number, head: string): Promise<Published> {
    const { registry } = this.world;
    const forge = forgeOn(this.double, REPOSITORY, this.#gate);
    this.onGate?.(forge);
    const base = await forge.sync();
    const pull = await forge.pullRequest(number);
    const { artifacts, folder: scratch, key, policy } = registry;
    const now = () => new Date();
    const common = { git: forge.git, artifacts, score: scoreHere, now, pawl: '0.0.0-test', scratch };
    const known = await findJudged(forge.git, pull.head, { keys: policy.keys, now: now() });
    let evaluated = null;
    if (!known && pull.head === head && pull.state === 'open') {
      this.scored.push(head);
      evaluated = evaluatedOf(
        number,
        await runGate({ ...common, head, base, pullRequest: number, reason: null, key: null }),
      );
    }
    const judge = (question: Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason' | 'measure'>) =>
      runGate({ ...common, ...question, key });
    return publish({ forge, by: tester, trusted: policy.keys, now, judge, say: () => {} }, { number, head, evaluated });
  }

  /** Proposes a candidate and waits for its end, as `pawl promote` does. */
  async promote(digest: string, ports = this.ports()) {
    const { model, proposal } = await ports.process.propose(digest, null);
    if (proposal.kind !== 'new') throw new Error(`expected a new proposal, got ${proposal.kind}`);
    const id = proposal.fact.data.promotionId;
    await ports.process.endSuperseded(model, id);
    return ports.process.finish(model, id, { waitMs: 300_000 });
  }

  async close(): Promise<void> {
    await this.double.close();
  }
}

/** What is needed to dispatch it; its effect is played above. */
const WORKFLOW = [
  'run-name: gate $' + '{{ inputs.pr }} $' + '{{ inputs.head_sha }}',
  'on:',
  '  workflow_dispatch:',
  '    inputs:',
  '      pr: { required: true, type: string }',
  '      head_sha: { required: true, type: string }',
].join('\n');
