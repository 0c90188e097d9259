import * as z from 'zod';
import type { Api } from '../../forge/rest/api.ts';
import { hasStatus } from '../../forge/rest/failures.ts';
import { differences } from '../differs.ts';
import type { Part } from '../part.ts';
import { keepingStricter } from '../stricter.ts';
import { logProtection, protection, repositorySettings, type Wanted } from './wanted.ts';

const Anything = z.looseObject({});
const Rule = z.looseObject({ rule_name: z.string(), priority: z.int().nullish() });
const Permission = z.looseObject({ permission: z.string() });

const REPOSITORY = '/repos/{owner}/{repo}';
const PROTECTIONS = `${REPOSITORY}/branch_protections`;
const MAY_WRITE = ['write', 'admin', 'owner'];
const at = ({ owner, repo }: Wanted) => ({ owner, repo });

/** Reads how a repository is set up and plans the changes to what is wanted. Changes nothing. */
export async function planRepository(api: Api, wanted: Wanted): Promise<Part[]> {
  const parts = [
    await settingsPart(api, wanted),
    await accountPart(api, wanted),
    await protectionPart(api, wanted, mainProtection(wanted)),
  ];
  if (wanted.log !== null) parts.push(await protectionPart(api, wanted, protectionOfLog(wanted.log)));
  return parts;
}

async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

async function settingsPart(api: Api, wanted: Wanted): Promise<Part> {
  const found = await orNull(api.get(`GET ${REPOSITORY}`, at(wanted), Anything));
  const route = `PATCH ${REPOSITORY}`;
  return compared(repositorySettings, found ?? {}, {
    name: 'merge settings',
    right: 'squash only by hand, and a merge by push may be told',
    calls: [{ route, params: { ...at(wanted), ...repositorySettings } }],
    without: 'pull requests that Pawl merges are shown as closed; main’s own history says what happened',
  });
}

/** Only accounts that may write can be on a list of those who may push. */
async function accountPart(api: Api, wanted: Wanted): Promise<Part> {
  const name = 'gate account';
  const without = 'the gate cannot merge';
  const params = { ...at(wanted), collaborator: wanted.gate };
  const route = `${REPOSITORY}/collaborators/{collaborator}`;
  const found = await orNull(api.get(`GET ${route}/permission`, params, Permission));
  if (found && MAY_WRITE.includes(found.permission))
    return { name, state: 'ok', what: `${wanted.gate} may write`, calls: [], without };
  const calls = [{ route: `PUT ${route}`, params: { ...params, permission: 'write' } }];
  return { name, state: 'differs', what: `${wanted.gate} may not write`, calls, without };
}

type Protection = Pick<Part, 'name' | 'without'> & {
  readonly value: ReturnType<typeof protection> | ReturnType<typeof logProtection>;
  readonly right: string;
};

function mainProtection(wanted: Wanted): Protection {
  const value = protection(wanted);
  return {
    name: 'protection of main',
    value,
    right: `only ${wanted.gate} pushes, others need a pull request on top of main with ${value.status_check_contexts.join()}, merged by ${[...value.merge_whitelist_usernames, ...value.merge_whitelist_teams].join(', ')}; no force push, no deletion, nobody above`,
    without:
      'the server keeps less off main: Pawl refuses to serve what no verdict explains, and `pawl audit` names it',
  };
}

const protectionOfLog = (branch: string): Protection => ({
  name: 'protection of the log',
  value: logProtection(branch),
  right: `${branch} can only grow: no force push, no deletion`,
  without:
    'whoever may write can delete or shorten the log: Pawl notices by the checkpoints on main, and only a copy brings it back',
});

async function protectionPart(api: Api, wanted: Wanted, { name, value, right, without }: Protection): Promise<Part> {
  const rules = (await orNull(api.list(`GET ${PROTECTIONS}`, at(wanted), Rule))) ?? [];
  const known = rules.find((r) => r.rule_name === value.rule_name);
  if (!known) {
    const calls = [{ route: `POST ${PROTECTIONS}`, params: { ...at(wanted), ...value } }];
    return { name, state: 'differs', what: 'no rule', calls, without };
  }
  const first = rules.find((r) => /[*?[{]/.test(r.rule_name) && (r.priority ?? 0) < (known.priority ?? 0));
  if (first)
    return {
      name,
      state: 'differs',
      what: `the rule ${first.rule_name} may come first: remove it`,
      calls: [],
      without,
    };
  const { rule_name, ...change } = value;
  return compared(value, known, {
    name,
    right,
    calls: [
      {
        route: `PATCH ${PROTECTIONS}/{name}`,
        params: { ...at(wanted), name: rule_name, ...keepingStricter(change, known) },
      },
    ],
    without,
  });
}

/** If a server does not show a setting, it may not know it: then no request could set it. */
function compared(
  value: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
  { right, ...part }: Pick<Part, 'name' | 'calls' | 'without'> & { readonly right: string },
): Part {
  const empty = Object.keys(found).length === 0;
  const unknown = empty ? [] : Object.keys(value).filter((key) => !Object.hasOwn(found, key));
  const asked = Object.fromEntries(Object.entries(value).filter(([key]) => !unknown.includes(key)));
  const wrong = differences(asked, ordered(found));
  if (wrong.length > 0) return { ...part, state: 'differs', what: wrong.join('; ') };
  if (unknown.length > 0)
    return { ...part, state: 'unsupported', what: `this server does not show ${unknown.join(', ')}`, calls: [] };
  return { ...part, state: 'ok', what: right, calls: [] };
}

/** Servers list names in their own order. */
const ordered = (found: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(found).map(([key, value]) => [
      key,
      value === null ? [] : Array.isArray(value) ? [...value].sort() : value,
    ]),
  );
