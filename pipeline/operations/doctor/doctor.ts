import { GitUnusableError, requireGit } from '../../../registry-repo/git-version.ts';
import type { Answer } from '../../registry-setup/answer.ts';
import type { Workspace } from '../../workspace.ts';
import { checkBackends, checkNode, checkProcessor, checkRuntime, checkScoring, checkState } from './machine.ts';
import { checkArtifacts, checkCommits, checkKeys, checkStore, RESTORE } from './place.ts';
import {
  checkLocks,
  checkObjects,
  checkPolicy,
  checkProduction,
  checkProtection,
  checkRegistry,
  checkServers,
} from './registry.ts';
import { checkRole } from './role.ts';

/** What a check found, and how to repair it; null if nothing is to be done. */
export type Diagnosis = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly what: string;
  readonly fix: string | null;
};

/**
 * Checks everything that Pawl depends on here. It never throws: if a check cannot look at something, that is a problem.
 */
export async function diagnose(workspace: Workspace): Promise<Diagnosis[]> {
  const found: Diagnosis[] = [];
  for (const check of CHECKS) found.push(await diagnosisOf(check, workspace));
  return found;
}

async function diagnosisOf({ name, check, otherwise }: Check, workspace: Workspace): Promise<Diagnosis> {
  try {
    const answer = await check(workspace);
    return typeof answer === 'string' ? { name, state: 'ok', what: answer, fix: null } : { name, ...answer };
  } catch (error) {
    if (error instanceof GitUnusableError) return { name, state: 'problem', what: error.what, fix: error.fix };
    const fix = typeof otherwise === 'string' ? otherwise : otherwise(workspace.config.registry.forge);
    return { name, state: 'problem', what: (error as Error).message, fix };
  }
}

type Check = {
  readonly name: string;
  readonly check: (workspace: Workspace) => Promise<Answer>;
  /** How to repair what a check could not look at. */
  readonly otherwise: string | ((forge: ForgeName) => string);
};

type ForgeName = Workspace['config']['registry']['forge'];

/** What to look at when a registry cannot be read at all. */
const REACH: Readonly<Record<ForgeName, string>> = {
  local:
    'set registry.path to a registry; one that is damaged is restored from a clone as `pawl audit` prints; where nothing was yet, remove the folder and run `pawl registry init`',
  github:
    'check registry.repository and registry.api, and PAWL_SECRET_FORGE_TOKEN, or registry.app.id with PAWL_SECRET_APP_KEY',
  gitea: 'check registry.repository and registry.api, and PAWL_SECRET_FORGE_TOKEN',
};
const reach = (forge: ForgeName): string => REACH[forge];

const CHECKS: readonly Check[] = [
  { name: 'node', check: async () => checkNode(), otherwise: 'install Node 20.19 or newer' },
  { name: 'git', check: async () => `git ${requireGit()}`, otherwise: 'install git' },
  {
    name: 'settings',
    check: async (w) => w.loaded.file ?? 'no pawl.yaml: defaults, variables and flags',
    otherwise: 'run `pawl config`',
  },
  {
    name: 'state folder',
    check: async (w) => checkState(w),
    otherwise: 'give .pawl to the user that runs this',
  },
  {
    name: 'event store',
    check: checkStore,
    otherwise: `${RESTORE}, or set events.path to the right file`,
  },
  { name: 'artifacts', check: async (w) => checkArtifacts(w), otherwise: 'look at `artifacts` with `pawl config`' },
  {
    name: 'keys',
    check: async (w) => checkKeys(w),
    otherwise: 'put the file back from your backup; `pawl registry init` makes new keys only where there are none',
  },
  { name: 'commits', check: checkCommits, otherwise: 'look at `watch` with `pawl config`' },
  { name: 'role', check: async (w) => checkRole(w), otherwise: 'look at keys.path and registry.gate' },
  { name: 'registry', check: checkRegistry, otherwise: reach },
  { name: 'objects', check: checkObjects, otherwise: 'give the registry’s folder to the user that runs this' },
  { name: 'locks', check: checkLocks, otherwise: 'give the registry’s folder to the user that runs this' },
  { name: 'main protected', check: checkProtection, otherwise: reach },
  {
    name: 'policy',
    check: checkPolicy,
    otherwise:
      'put gate.json back as it was: `pawl audit` prints the commands; then `pawl registry configure --reason "…"` writes new rules',
  },
  {
    name: 'production',
    check: checkProduction,
    otherwise:
      'find out who moved it with `pawl audit`, which prints how to put back what was changed; `pawl rollback --reason "…"` goes back to a version that was judged',
  },
  {
    name: 'servers',
    check: checkServers,
    otherwise: 'set registry.path to a registry, and give .pawl to the user that runs this',
  },
  { name: 'processor', check: checkProcessor, otherwise: 'report this as a bug' },
  {
    name: 'model runtime',
    check: checkRuntime,
    otherwise: 'install the packages again with `npm ci`, on the machine that runs them',
  },
  {
    name: 'scoring',
    check: checkScoring,
    otherwise: 'set TMPDIR to a folder that can be written and has room',
  },
  {
    name: 'neural training',
    check: checkBackends,
    otherwise: 'look at `pawl backend list`, and run `pawl backend install` again',
  },
];
