import * as z from 'zod';
import type { Api } from '../../forge/rest/api.ts';
import { differences } from '../differs.ts';
import type { Part } from '../part.ts';
import { keepingStricter } from '../stricter.ts';
import { PLAN, reading, UNKNOWN } from './reading.ts';
import {
  actionsPermissions,
  ENVIRONMENT,
  environmentSettings,
  forkApproval,
  logRuleset,
  repositorySettings,
  ruleset,
  type Wanted,
  workflowPermissions,
} from './wanted.ts';
import { webhooksPart } from './webhooks.ts';

const Anything = z.looseObject({});
const Rulesets = z.looseObject({ id: z.int(), name: z.string(), source_type: z.string().nullish() });
const Policies = z.looseObject({ name: z.string() });

/**
 * Where the plan of a private repository has no rulesets, it has no environments with rules either; their refusal comes
 * only with the request that would make one.
 */
function withPlanLimits(parts: readonly Part[]): Part[] {
  const limit = parts.find((p) => p.state === 'unsupported' && PLAN.test(p.what));
  const limited = (p: Part) => p.state === 'differs' && ENVIRONMENT_PARTS.includes(p.name);
  return parts.map((p) => (limit && limited(p) ? { ...p, state: 'unsupported', what: limit.what, calls: [] } : p));
}

const ENVIRONMENT_PARTS = ['gate environment', 'gate on main only'];

type Reader = { readonly api: Api; readonly wanted: Wanted };
const at = ({ owner, repo }: Wanted) => ({ owner, repo });

/** Reads how a repository is set up and plans the changes to what is wanted. Changes nothing. */
export async function planRepository(api: Api, wanted: Wanted): Promise<Part[]> {
  const reader = { api, wanted };
  const parts = [
    settingsPart,
    actionsPart,
    tokenPart,
    forksPart,
    environmentPart,
    branchPolicyPart,
    mainRulesPart,
    logRulesPart,
    webhooksPart,
  ];
  const found: Part[] = [];
  for (const part of parts) found.push(...[await part(reader)].flat());
  return withPlanLimits(found);
}

type Setting = {
  readonly name: string;
  readonly get: string;
  readonly set: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly right: string;
  readonly without: string;
};

/** A setting that is read and written as a whole. */
async function setting({ api, wanted }: Reader, { name, get, set, value, right, without }: Setting): Promise<Part> {
  const read = await reading(() => api.get(get, at(wanted), Anything));
  if (!('found' in read)) return { name, ...read, calls: [], without };
  const { found } = read;
  // Settings of a repository are shown to some accounts alone; a plan for a new one reads an empty answer.
  const seen = Object.keys(found);
  if (seen.length > 0 && !Object.keys(value).some((key) => seen.includes(key)))
    return { name, state: 'hidden', what: 'not shown to this token', calls: [], without };
  const calls = [{ route: set, params: { ...at(wanted), ...keepingStricter(value, found) } }];
  const wrong = differences(value, found);
  return wrong.length === 0
    ? { name, state: 'ok', what: right, calls: [], without }
    : { name, state: 'differs', what: wrong.join('; '), calls, without };
}

const settingsPart = (reader: Reader): Promise<Part> =>
  setting(reader, {
    name: 'merge settings',
    get: 'GET /repos/{owner}/{repo}',
    set: 'PATCH /repos/{owner}/{repo}',
    value: repositorySettings,
    right: 'squash only, no merge that happens later by itself',
    without:
      'a merge could be another commit than the one that was judged; Pawl reads every merge back and refuses to serve it',
  });

const actionsPart = (reader: Reader): Promise<Part> =>
  setting(reader, {
    name: 'pinned actions',
    get: 'GET /repos/{owner}/{repo}/actions/permissions',
    set: 'PUT /repos/{owner}/{repo}/actions/permissions',
    value: actionsPermissions,
    right: 'workflows run, and only actions pinned to a commit',
    without: 'an action’s tag could be moved under a workflow; the seed’s own workflows are pinned',
  });

const tokenPart = (reader: Reader): Promise<Part> =>
  setting(reader, {
    name: 'workflow token',
    get: 'GET /repos/{owner}/{repo}/actions/permissions/workflow',
    set: 'PUT /repos/{owner}/{repo}/actions/permissions/workflow',
    value: workflowPermissions,
    right: 'reads by default, never approves',
    without: 'a workflow that names no permissions could write; the seed’s own name theirs',
  });

/** Strangers see no private repository, and GitHub has no such setting there. */
async function forksPart(reader: Reader): Promise<Part> {
  const part = await setting(reader, FORKS);
  return part.state === 'unsupported' && /private repositor/i.test(part.what)
    ? { ...part, state: 'ok', what: 'a private repository, which strangers do not see' }
    : part;
}

const FORKS: Setting = {
  name: 'forks',
  get: 'GET /repos/{owner}/{repo}/actions/permissions/fork-pr-contributor-approval',
  set: 'PUT /repos/{owner}/{repo}/actions/permissions/fork-pr-contributor-approval',
  value: forkApproval,
  right: 'a stranger’s workflows wait for approval',
  without: 'strangers could spend the registry’s minutes; the gate refuses forks in any case',
};

const environmentPart = (reader: Reader): Promise<Part> =>
  missingIsDifferent(reader, {
    name: 'gate environment',
    get: `GET /repos/{owner}/{repo}/environments/${ENVIRONMENT}`,
    set: `PUT /repos/{owner}/{repo}/environments/${ENVIRONMENT}`,
    value: environmentSettings,
    right: 'the gate’s secrets are for chosen branches',
    without:
      'any branch’s workflow could read the gate’s secrets: keep the gate on a machine of its own (registry.gate: here)',
  });

/** A setting that can be made is supported, even if it does not exist yet. */
async function missingIsDifferent(reader: Reader, of: Setting): Promise<Part> {
  const part = await setting(reader, of);
  if (part.state !== 'unsupported' || part.what !== UNKNOWN) return part;
  const calls = [{ route: of.set, params: { ...at(reader.wanted), ...of.value } }];
  return { ...part, state: 'differs', what: 'not there', calls };
}

async function branchPolicyPart({ api, wanted }: Reader): Promise<Part> {
  const name = 'gate on main only';
  const without = 'a workflow on another branch could read the gate’s secrets';
  const route = `/repos/{owner}/{repo}/environments/${ENVIRONMENT}/deployment-branch-policies`;
  const read = await reading(() => api.list(`GET ${route}`, at(wanted), Policies, 'branch_policies'));
  if (!('found' in read) && read.what !== UNKNOWN) return { name, ...read, calls: [], without };
  const names = 'found' in read ? read.found.map((p) => p.name) : [];
  if (names.join() === 'main')
    return { name, state: 'ok', what: 'the gate’s secrets are for main alone', calls: [], without };
  const others = names.filter((n) => n !== 'main');
  const calls = names.includes('main') ? [] : [{ route: `POST ${route}`, params: { ...at(wanted), name: 'main' } }];
  const what = others.length > 0 ? `also for ${others.join(', ')}: remove them` : 'no branch is named';
  return { name, state: 'differs', what, calls, without };
}

const mainRulesPart = (reader: Reader): Promise<Part> =>
  rulesetPart(reader, {
    name: 'rules of main',
    value: ruleset(reader.wanted),
    right: rulesText(reader.wanted),
    without:
      'the server does not keep anybody off main: Pawl refuses to serve what no verdict explains, and `pawl audit` names it',
  });

/** None where the log is kept elsewhere. */
const logRulesPart = async (reader: Reader): Promise<Part[]> =>
  reader.wanted.log === null
    ? []
    : [
        await rulesetPart(reader, {
          name: 'rules of the log',
          value: logRuleset(reader.wanted.log),
          right: `${reader.wanted.log} can only grow: no force push, no deletion`,
          without:
            'whoever may write can delete or shorten the log: Pawl notices by the checkpoints on main, and only a copy brings it back',
        }),
      ];

type Rules = Pick<Part, 'name' | 'without'> & {
  readonly value: ReturnType<typeof ruleset> | ReturnType<typeof logRuleset>;
  readonly right: string;
};

async function rulesetPart({ api, wanted }: Reader, { name, value, right, without }: Rules): Promise<Part> {
  const route = '/repos/{owner}/{repo}/rulesets';
  const list = await reading(() => api.list(`GET ${route}`, at(wanted), Rulesets));
  if (!('found' in list)) return { name, ...list, calls: [], without };
  const known = list.found.find((r) => r.name === value.name);
  if (!known)
    return {
      name,
      state: 'differs',
      what: 'no ruleset',
      calls: [{ route: `POST ${route}`, params: { ...at(wanted), ...value } }],
      without,
    };
  const params = { ...at(wanted), ruleset_id: known.id };
  const found = await api.get(`GET ${route}/{ruleset_id}`, params, Anything);
  // Shown to those who may change the ruleset alone: what is not shown is not nobody.
  const hidden = !Object.hasOwn(found, 'bypass_actors');
  const wrong = differences(hidden ? { ...value, bypass_actors: undefined } : value, found);
  if (wrong.length === 0 && hidden)
    return {
      name,
      state: 'hidden',
      what: 'who may pass over the rules is not shown to this token',
      calls: [],
      without: 'ask with a token that may administer the repository; the other rules are as they should be',
    };
  return wrong.length === 0
    ? { name, state: 'ok', what: right, calls: [], without }
    : {
        name,
        state: 'differs',
        what: wrong.join('; '),
        calls: [{ route: `PUT ${route}/{ruleset_id}`, params: { ...params, ...keepingStricter(value, found) } }],
        without,
      };
}

const rulesText = ({ gateApp }: Wanted): string =>
  `pull requests on top of main with the gate’s success${gateApp === null ? ' (of whoever may write: no App is set)' : ` (of App ${gateApp} alone)`}, no force push, no deletion, nobody above`;
