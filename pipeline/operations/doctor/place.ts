import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteStore } from '../../../events/store.sqlite.ts';
import type { EventStore } from '../../../events/store.ts';
import { RegistryError } from '../../../registry-repo/errors.ts';
import { GitUnusableError } from '../../../registry-repo/git-version.ts';
import { compareWithMain, LogBehindRegistryError } from '../../compare-log.ts';
import { ForgeError } from '../../forge/errors.ts';
import { artifactsApart } from '../../open-artifacts.ts';
import { logBranch } from '../../open-store.ts';
import { type Answer, problem, warning } from '../../registry-setup/answer.ts';
import { commitsApart } from '../../triggers/apart.ts';
import { APART, exposedGateKey } from '../../triggers/exposed-key.ts';
import type { Workspace } from '../../workspace.ts';
import type { Places } from '../../world.ts';

// Checks of `pawl doctor` on the log, the keys and what commits may do here.

export const RESTORE =
  'stop what writes the log, `pawl events restore BACKUP` with a copy that `pawl events backup BACKUP` had made, then `pawl reconcile`';

export async function checkStore(workspace: Workspace): Promise<Answer> {
  if (workspace.config.events.store === 'git') return checkLogBranch(workspace);
  const path = workspace.path(workspace.config.events.path);
  const lost = await lostPast(workspace, existsSync(path) ? workspace.logAsItIs() : new SqliteStore(':memory:'));
  if (lost) return lost;
  if (!existsSync(path)) return `${path} will be made by the first command that writes`;
  const store = workspace.logAsItIs();
  const durability =
    'durability' in store ? (store as { durability(): { journal: string; synchronous: string } }).durability() : null;
  const safe = durability === null || durability.synchronous === 'full' || durability.synchronous === 'extra';
  const what = `${path}: ${await store.position()} events${durability ? `, journal ${durability.journal}, synchronous ${durability.synchronous}` : ''}`;
  const [damage] = (await store.damage?.()) ?? [];
  if (damage !== undefined) return problem(`${what}: ${damage}`, RESTORE);
  return safe ? what : problem(what, 'commits may be lost at a power cut: report this as a bug');
}

/** What main proves and the log does not hold. What main has of its own is another check's. */
async function lostPast(workspace: Workspace, store: EventStore): Promise<Answer | null> {
  try {
    await compareWithMain(workspace, store);
    return null;
  } catch (error) {
    if (error instanceof LogBehindRegistryError) return problem(error.message, 'do what this says, then `pawl audit`');
    if (error instanceof RegistryError || error instanceof ForgeError) return null;
    throw error;
  }
}

/** Machines that share a log look for artifacts in the same store. */
export function checkArtifacts(workspace: Places): Answer {
  const { config } = workspace;
  const { store } = config.artifacts;
  if (store !== 'local') return `stored in ${store}`;
  const folder = workspace.path(config.artifacts.path);
  if (!artifactsApart(config)) return folder;
  return warning(
    `the log is on a git branch, which other machines share, and artifacts are on this one alone, in ${folder}: others cannot evaluate, promote or serve what is trained here`,
    'set artifacts.store to s3 or github-releases, on every machine (docs/guides/storage.md)',
  );
}

/** Reads from the repository, and checks what is new on the branch. */
async function checkLogBranch(workspace: Workspace): Promise<Answer> {
  const { path } = workspace.config.events;
  try {
    const lost = await lostPast(workspace, workspace.logAsItIs());
    if (lost) return lost;
    const events = await workspace.logAsItIs().position();
    return `${logBranch(workspace)}: ${events} events, each link checked, copied to ${workspace.path(path)}`;
  } catch (error) {
    if (error instanceof GitUnusableError) throw error;
    return problem((error as Error).message, 'set events.repository, events.branch and PAWL_SECRET_FORGE_TOKEN');
  }
}

export function checkKeys(workspace: Workspace): Answer {
  const folder = workspace.path(workspace.config.keys.path);
  const { gate, log, trusted } = workspace.keys();
  if (trusted.length === 0)
    return warning(`no keys in ${folder}`, 'run `pawl registry init`, or copy *.pub.json from the machine that did');
  for (const name of ['gate.pem', 'log.pem']) {
    const file = join(folder, name);
    if (process.platform !== 'win32' && existsSync(file) && (statSync(file).mode & 0o077) !== 0)
      return problem(
        `${file} can be read by others (on a file system without permissions, such as exFAT, keys.path has to be on another)`,
        `\`chmod 600 ${file}\``,
      );
  }
  const signs = [gate && 'gate', log && 'log'].filter(Boolean).join(' and ');
  return `trusts ${trusted.map((k) => k.id).join(', ')}${signs ? `; signs as ${signs}` : '; signs nothing here'}`;
}

/** What everyone who may push to the training repository can do here. */
export async function checkCommits(workspace: Workspace): Promise<Answer> {
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
