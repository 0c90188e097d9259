import { parse } from 'yaml';

// What every workflow of ours, and of every registry, must keep. The linters that look for more are run by tools.test.ts.

type Step = { uses?: string; run?: string; with?: Record<string, unknown>; env?: Record<string, unknown> };
type Job = {
  permissions?: unknown;
  steps?: Step[];
  'timeout-minutes'?: unknown;
  environment?: unknown;
};
type Workflow = { on?: Record<string, unknown> | string | string[]; permissions?: unknown; jobs?: Record<string, Job> };

export type Rules = {
  /** Triggers, exactly. */
  readonly triggers: readonly string[];
  /** Write permissions by job: no others. */
  readonly writes?: Readonly<Record<string, readonly string[]>>;
  /** A gate's files: no caches at all. */
  readonly gate?: boolean;
};

const PINNED = /^(?:\.\/[\w./-]+|[\w.-]+\/[\w./-]+@[0-9a-f]{40})$/;

/** What is wrong with a workflow, each with where. */
export function lint(text: string, rules: Rules): string[] {
  const workflow = parse(text) as Workflow;
  const wrong: string[] = [];
  const triggers =
    typeof workflow.on === 'string'
      ? [workflow.on]
      : Array.isArray(workflow.on)
        ? workflow.on
        : Object.keys(workflow.on ?? {});
  if (triggers.toSorted().join() !== [...rules.triggers].sort().join()) wrong.push(`triggers: ${triggers.join(', ')}`);
  if (JSON.stringify(workflow.permissions) !== '{}') wrong.push('permissions: not {} at the top');
  for (const [name, job] of Object.entries(workflow.jobs ?? {})) wrong.push(...lintJob(name, job, rules, triggers));
  return wrong;
}

function lintJob(name: string, job: Job, { writes = {}, gate = false }: Rules, triggers: readonly string[]): string[] {
  const wrong: string[] = [];
  const say = (what: string) => wrong.push(`${name}: ${what}`);
  if (job['timeout-minutes'] === undefined) say('no timeout-minutes');
  if (typeof job.permissions !== 'object' || job.permissions === null) say('permissions are not listed');
  else
    for (const [key, value] of Object.entries(job.permissions))
      if (value !== 'read' && value !== 'none' && !(writes[name] ?? []).includes(key)) say(`may write ${key}`);
  for (const step of job.steps ?? []) lintStep(step, { gate, triggers, say });
  const secrets = (job.steps ?? []).some((s) => /secrets\.(?!PAWL_READ_)/.test(JSON.stringify(s)));
  if (secrets && job.environment === undefined) say('secrets without an environment');
  return wrong;
}

function lintStep(
  { uses, run, with: inputs = {} }: Step,
  { gate, triggers, say }: { gate: boolean; triggers: readonly string[]; say: (what: string) => void },
): void {
  if (uses !== undefined && !PINNED.test(uses)) say(`${uses} is not pinned to a commit`);
  if (run?.includes('${{')) say('an expression inside run');
  if (typeof inputs.script === 'string' && inputs.script.includes('${{')) say('an expression inside script');
  if (uses?.startsWith('actions/checkout@')) {
    if (inputs['persist-credentials'] !== false) say('checkout keeps its credentials');
    if (triggers.includes('pull_request_target')) say('checks something out on pull_request_target');
    if (gate && inputs.ref !== 'main') say('checks out something other than main');
  }
  const caches =
    uses?.startsWith('actions/cache') || typeof inputs.cache === 'string' || inputs['package-manager-cache'] === true;
  if (gate && caches) say('uses a cache');
}
