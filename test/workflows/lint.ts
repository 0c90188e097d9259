import { parse } from 'yaml';

// What every workflow of ours, and of every registry, must keep. The linters that look for more are run by tools.test.ts.

type Step = { uses?: string; run?: string; with?: Record<string, unknown>; env?: Record<string, unknown> };
type Job = {
  uses?: string;
  permissions?: unknown;
  steps?: Step[];
  'timeout-minutes'?: unknown;
  environment?: unknown;
};
type Workflow = {
  on?: Record<string, unknown> | string | string[];
  permissions?: unknown;
  env?: unknown;
  jobs?: Record<string, Job>;
};
type Action = { runs?: { using?: string; steps?: Step[] } };

export type Rules = {
  /** Triggers, exactly. */
  readonly triggers: readonly string[];
  /** Types of events by trigger, exactly, where there are any. */
  readonly types?: Readonly<Record<string, readonly string[]>>;
  /** Write permissions by job: no others. */
  readonly writes?: Readonly<Record<string, readonly string[]>>;
  /** The environment of each job that has secrets: no other job may have any but keys that only read. */
  readonly environments?: Readonly<Record<string, string>>;
  /** A gate's files: no caches at all, and nothing but main is checked out. */
  readonly gate?: boolean;
};

const PINNED = /^(?:\.\/[\w./-]+|[\w.-]+\/[\w./-]+@[0-9a-f]{40})$/;
const SECRETS = /\bsecrets\s*(?:\.(?!PAWL_READ_)|\[|\b(?!\.))/;

/** What is wrong with a workflow, each with where. */
export function lint(text: string, rules: Rules): string[] {
  const workflow = parse(text) as Workflow;
  const wrong: string[] = [];
  const { on = {} } = workflow;
  const triggers = typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(on);
  if (triggers.toSorted().join() !== [...rules.triggers].sort().join()) wrong.push(`triggers: ${triggers.join(', ')}`);
  for (const [name, trigger] of Object.entries(typeof on === 'object' && !Array.isArray(on) ? on : {}))
    wrong.push(...lintTypes(name, trigger, rules));
  if (JSON.stringify(workflow.permissions) !== '{}') wrong.push('permissions: not {} at the top');
  if (SECRETS.test(expressionsIn(workflow.env))) wrong.push('env: secrets for every job');
  for (const [name, job] of Object.entries(workflow.jobs ?? {})) wrong.push(...lintJob(name, job, rules, triggers));
  return wrong;
}

/** What is wrong with a composite action: it runs with the rights and secrets of whoever uses it. */
export function lintAction(text: string): string[] {
  const { runs = {} } = parse(text) as Action;
  const wrong: string[] = [];
  const say = (what: string) => wrong.push(`action: ${what}`);
  if (runs.using !== 'composite') say(`it is not composite but ${runs.using}`);
  for (const step of runs.steps ?? []) {
    lintStep(step, { gate: true, triggers: [], say });
    if (SECRETS.test(expressionsIn(step))) say('an action asks for secrets');
  }
  return wrong;
}

function lintTypes(name: string, trigger: unknown, { types = {} }: Rules): string[] {
  const found = (trigger as { types?: string[] } | null)?.types ?? [];
  const wanted = types[name] ?? [];
  return found.toSorted().join() === [...wanted].sort().join() ? [] : [`triggers: ${name} on ${found.join(', ')}`];
}

/** All `${{ … }}` of a part. */
const expressionsIn = (part: unknown): string =>
  [...(JSON.stringify(part) ?? '').matchAll(/\$\{\{(.*?)\}\}/g)].map((m) => m[1]).join('\n');

function lintJob(
  name: string,
  job: Job,
  { writes = {}, environments = {}, gate = false }: Rules,
  triggers: readonly string[],
): string[] {
  const wrong: string[] = [];
  const say = (what: string) => wrong.push(`${name}: ${what}`);
  if (job.uses !== undefined) say('calls another workflow, which nothing here looks at');
  if (job['timeout-minutes'] === undefined) say('no timeout-minutes');
  if (typeof job.permissions !== 'object' || job.permissions === null) say('permissions are not listed');
  else
    for (const [key, value] of Object.entries(job.permissions))
      if (value !== 'read' && value !== 'none' && !(writes[name] ?? []).includes(key)) say(`may write ${key}`);
  for (const step of job.steps ?? []) lintStep(step, { gate, triggers, say });
  if (job.environment !== environments[name]) say(`its environment is ${job.environment ?? 'none'}`);
  if (SECRETS.test(expressionsIn(job)) && environments[name] === undefined) say('secrets without an environment');
  return wrong;
}

function lintStep(
  { uses, run, with: inputs = {} }: Step,
  { gate, triggers, say }: { gate: boolean; triggers: readonly string[]; say: (what: string) => void },
): void {
  if (uses !== undefined && !PINNED.test(uses)) say(`${uses} is not pinned to a commit`);
  if (run?.includes('${{')) say('an expression inside run');
  if (typeof inputs.script === 'string' && inputs.script.includes('${{')) say('an expression inside script');
  if (run !== undefined && triggers.includes('pull_request_target') && /\b(?:git|gh)\s+\w/.test(run))
    say('fetches something on pull_request_target');
  if (uses?.startsWith('actions/checkout@')) {
    if (inputs['persist-credentials'] !== false) say('checkout keeps its credentials');
    if (triggers.includes('pull_request_target')) say('checks something out on pull_request_target');
    if (gate && inputs.ref !== 'main') say('checks out something other than main');
    if (gate && inputs.repository !== undefined) say('checks out another repository');
  }
  const caches =
    /(?:^|\/)cache(?:@|\/)/.test(uses ?? '') ||
    typeof inputs.cache === 'string' ||
    inputs['package-manager-cache'] === true;
  if (gate && caches) say('uses a cache');
  if (gate && uses?.startsWith('actions/setup-node@') && inputs['package-manager-cache'] !== false)
    say('uses a cache where package.json asks for one');
}
