import type { Forge, PullRequest } from '../../pipeline/forge/forge.ts';
import { mergeOnVerdict } from '../../pipeline/promotion/merge.ts';
import { findJudged } from '../../pipeline/promotion/pass.ts';
import type { ReconcilePorts } from '../../pipeline/promotion/ports.ts';
import { type Published, type PublishPorts, publish } from '../../pipeline/promotion/publish.ts';
import { type Evaluated, evaluatedOf } from '../../registry-repo/gate/evaluated.ts';
import { type GateRequest, runGate } from '../../registry-repo/gate/gate.ts';
import { openVerdict } from '../../registry-repo/verdict/signed.ts';
import { tester } from './git.ts';
import type { World } from './promotions.ts';
import { scoreHere, TIME } from './registry.ts';

/**
 * A registry's own workflow, played: both halves of the gate, run when the test says so, on a forge that accepts
 * requests.
 */
export class Elsewhere {
  readonly requests: { number: number; head: string }[] = [];
  scored = 0;
  fork = false;
  dieBeforeMerge = false;
  /** Done once, between a process's read of a pull request and its next step. */
  afterLook: (() => Promise<unknown>) | null = null;
  readonly #world: World;
  readonly #clock: () => Date;

  constructor(world: World, clock: () => Date = () => TIME) {
    this.#world = world;
    this.#clock = clock;
  }

  /** Ports of a process that waits for this workflow. */
  ports(): ReconcilePorts {
    return this.#world.ports({
      forge: this.forge(),
      gate: { kind: 'workflow', lookMs: 0, askMs: 600_000 },
      clock: this.#clock,
    });
  }

  forge(): Forge {
    const forge = this.#world.forge();
    const shown = (pull: PullRequest): PullRequest => ({ ...pull, fork: this.fork });
    const pullRequest = forge.pullRequest.bind(forge);
    const merge = forge.merge.bind(forge);
    forge.requestGate = async (request) => void this.requests.push({ ...request });
    forge.pullRequest = async (number) => {
      const pull = shown(await pullRequest(number));
      const meanwhile = this.afterLook;
      this.afterLook = null;
      await meanwhile?.();
      return pull;
    };
    forge.merge = (request) => (this.dieBeforeMerge ? Promise.reject(new Error('died')) : merge(request));
    return forge;
  }

  #gate(over: Partial<GateRequest> & Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason'>) {
    const { registry } = this.#world;
    const { git, artifacts, folder: scratch } = registry;
    const now = () => TIME;
    return runGate({ git, artifacts, score: scoreHere, key: null, now, pawl: '0.0.0-test', scratch, ...over });
  }

  async evaluate(pullRequest: number, head: string): Promise<Evaluated> {
    this.scored++;
    const base = await this.#world.registry.main();
    return evaluatedOf(pullRequest, await this.#gate({ head, base, pullRequest, reason: null }));
  }

  publish(number: number, head: string, evaluated: Evaluated | null): Promise<Published> {
    const { key, policy } = this.#world.registry;
    const judge: PublishPorts['judge'] = (question) => this.#gate({ ...question, key });
    const ports = { forge: this.forge(), by: tester, trusted: policy.keys, now: () => TIME, judge, say: () => {} };
    return publish(ports, { number, head, evaluated });
  }

  /** Another run of the workflow, begun before the first one's verdict was there: it merges on a verdict of its own. */
  async mergeBeside(number: number, head: string): Promise<string> {
    const { key, policy } = this.#world.registry;
    const base = await this.#world.registry.main();
    const now = () => new Date(TIME.getTime() + 1000);
    const { verdict: bytes } = await this.#gate({ head, base, pullRequest: number, reason: null, key, now });
    if (!bytes) throw new Error('the gate gave no verdict');
    const judged = { ...openVerdict(bytes, policy.keys, now()), bytes };
    const forge = this.forge();
    await mergeOnVerdict({ forge, by: tester }, await forge.pullRequest(number), judged);
    return judged.digest;
  }

  /** What the workflow does with the last request. */
  async run(): Promise<Published> {
    const request = this.requests.at(-1) as { number: number; head: string };
    const { git, policy } = this.#world.registry;
    const judged = await findJudged(git, request.head, { keys: policy.keys, now: TIME });
    return this.publish(
      request.number,
      request.head,
      judged ? null : await this.evaluate(request.number, request.head),
    );
  }
}
