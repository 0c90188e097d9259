import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GitUnusableError, requireGit } from '../../registry-repo/git-version.ts';
import { logBranch } from '../open-store.ts';
import { type Answer, problem, warning } from '../registry-setup/answer.ts';
import { probeAgain } from '../registry-setup/probe-again.ts';
import { commitsApart } from '../triggers/apart.ts';
import { APART, exposedGateKey } from '../triggers/exposed-key.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { checkBackends, checkNode, checkProcessor, checkRuntime, checkScoring, checkState } from './doctor-machine.ts';
import { checkPolicy, checkProduction, checkProtection, checkRegistry, checkServers } from './doctor-registry.ts';

type State = 'ok' | 'warning' | 'problem';
type Diagnosis = { readonly name: string; readonly state: State; readonly what: string; readonly fix: string | null };

export const doctor: Command<Workspace> = {
  details:
    'Changes nothing; with a git event store, the local copy of the log is brought up to date. Exit code 1 if there is a problem; warnings do not count. With --probe, what the registry’s server enforces is tried on branches that are removed again.',
  json: true,
  flags: [{ flags: '--probe', description: 'try again what the registry’s server really enforces' }],
  examples: [
    ['pawl doctor', 'is this machine fit to train, judge and serve?'],
    ['pawl doctor --probe', 'after an update of the server that the registry is on'],
  ],
  async run({ workspace, out, flags }) {
    if (flags.probe === true) await probeAgain(workspace);
    const found: Diagnosis[] = [];
    for (const check of CHECKS) found.push(await diagnose(check, workspace));
    out.result(found, () => found.map(line).join('\n'));
    return found.some((d) => d.state === 'problem') ? 1 : 0;
  },
};

async function diagnose({ name, check, otherwise }: Check, workspace: Workspace): Promise<Diagnosis> {
  try {
    const answer = await check(workspace);
    return typeof answer === 'string' ? { name, state: 'ok', what: answer, fix: null } : { name, ...answer };
  } catch (error) {
    if (error instanceof GitUnusableError) return { name, state: 'problem', what: error.what, fix: error.fix };
    return { name, state: 'problem', what: (error as Error).message, fix: otherwise };
  }
}

const MARKS: Record<State, string> = { ok: '✔', warning: '!', problem: '✘' };
const line = ({ name, state, what, fix }: Diagnosis): string =>
  `${MARKS[state]} ${name.padEnd(16)} ${what}${fix === null ? '' : `\n  ${' '.repeat(16)} → ${fix}`}`;

type Check = {
  readonly name: string;
  readonly check: (workspace: Workspace) => Promise<Answer>;
  /** How to mend what the check could not even look at. */
  readonly otherwise: string;
};

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
    otherwise: 'put back a copy that `pawl events backup` made, or set events.path to the right file',
  },
  {
    name: 'keys',
    check: async (w) => checkKeys(w),
    otherwise: 'put the file back from your backup; `pawl registry init` makes new keys only where there are none',
  },
  { name: 'commits', check: checkCommits, otherwise: 'look at `watch` with `pawl config`' },
  { name: 'registry', check: checkRegistry, otherwise: 'set registry.path to a registry, or run `pawl registry init`' },
  { name: 'main protected', check: checkProtection, otherwise: 'set registry.path to a registry' },
  {
    name: 'policy',
    check: checkPolicy,
    otherwise: 'look at gate.json with `pawl registry status`; `pawl registry configure --reason "…"` writes new rules',
  },
  {
    name: 'production',
    check: checkProduction,
    otherwise:
      'find out who moved it with `pawl audit`; `pawl rollback --reason "…"` goes back to a version that was judged',
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

async function checkStore(workspace: Workspace): Promise<Answer> {
  if (workspace.config.events.store === 'git') return checkLogBranch(workspace);
  const path = workspace.path(workspace.config.events.path);
  if (!existsSync(path)) return `${path} will be made by the first command that writes`;
  const store = workspace.store();
  const durability =
    'durability' in store ? (store as { durability(): { journal: string; synchronous: string } }).durability() : null;
  const safe = durability === null || durability.synchronous === 'full' || durability.synchronous === 'extra';
  const what = `${path}: ${await store.position()} events${durability ? `, journal ${durability.journal}, synchronous ${durability.synchronous}` : ''}`;
  return safe ? what : problem(what, 'commits may be lost at a power cut: report this as a bug');
}

/** Asks the repository, and checks what is new on the branch. */
async function checkLogBranch(workspace: Workspace): Promise<Answer> {
  const { path } = workspace.config.events;
  try {
    const events = await workspace.store().position();
    return `${logBranch(workspace)}: ${events} events, each link checked, copied to ${workspace.path(path)}`;
  } catch (error) {
    if (error instanceof GitUnusableError) throw error;
    return problem((error as Error).message, 'set events.repository, events.branch and PAWL_SECRET_FORGE_TOKEN');
  }
}

function checkKeys(workspace: Workspace): Answer {
  const folder = workspace.path(workspace.config.keys.path);
  const { gate, log, trusted } = workspace.keys();
  if (trusted.length === 0)
    return warning(`no keys in ${folder}`, 'run `pawl registry init`, or copy *.pub.json from the machine that did');
  for (const name of ['gate.pem', 'log.pem']) {
    const file = join(folder, name);
    if (process.platform !== 'win32' && existsSync(file) && (statSync(file).mode & 0o077) !== 0)
      return problem(
        `${file} can be read by others (on a file system without permissions, such as exFAT, keys.path has to be on another)`,
        `chmod 600 ${file}`,
      );
  }
  const signs = [gate && 'gate', log && 'log'].filter(Boolean).join(' and ');
  return `trusts ${trusted.map((k) => k.id).join(', ')}${signs ? `; signs as ${signs}` : '; signs nothing here'}`;
}

/** What whoever may push to the training repository can do here. */
async function checkCommits(workspace: Workspace): Promise<Answer> {
  const { watch, training } = workspace.config;
  const named = watch.commands.length > 0 || training.trainer === 'command';
  if (!named && !watch.allowCommands) return 'no commit of a training repository runs a program here';
  const apart = (await commitsApart(workspace)) !== null;
  const how = apart
    ? ', in bubblewrap, which hides .pawl, the keys and what the home keeps under names with a dot'
    : '';
  const who = `whoever may push to ${watch.repository ?? 'the training repository'} runs programs here${how}`;
  const place = exposedGateKey(workspace);
  if (place !== null && !apart)
    return warning(`${who}, which could read the gate's key (${place}): such commits are refused`, APART);
  return watch.allowCommands
    ? warning(
        `${who} (watch.allowCommands)`,
        'name the programs in watch.commands, or let only people push who may do that',
      )
    : warning(
        `${who}, if those of watch.commands run files of the commit`,
        'let only people push there who may do that',
      );
}
