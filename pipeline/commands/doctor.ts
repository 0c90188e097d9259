import { existsSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkScratch } from '../../registry-repo/gate/scratch.ts';
import { GitUnusableError, requireGit } from '../../registry-repo/git-version.ts';
import { shown } from '../../registry-repo/judge/finding.ts';
import { describeIsolation, isolationHere } from '../../registry-repo/model-process/isolation.ts';
import { canBound, memoryLook } from '../../registry-repo/model-process/resident.ts';
import type { Policy } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { type ByteSums, describeProcessor } from '../../registry-repo/runtime/processor.ts';
import { thisProcessor } from '../../registry-repo/runtime/this-processor.ts';
import { ACCEPT } from '../../registry-repo/settled/settled.ts';
import { stands } from '../../registry-repo/verdict/keys.ts';
import { verifyProduction } from '../../registry-repo/verify/production.ts';
import { registryOf } from '../keys.ts';
import { logBranch } from '../open-store.ts';
import { checkGitea } from '../registry-setup/gitea/diagnose.ts';
import { checkGitHub } from '../registry-setup/github/diagnose.ts';
import { updateHook, updateHookProblem } from '../registry-setup/init.ts';
import { probeAgain } from '../registry-setup/probe-again.ts';
import { serverStandings } from '../settled-servers.ts';
import { STATE, stateProblem } from '../state-folder.ts';
import { commitsApart } from '../triggers/apart.ts';
import { APART, exposedGateKey } from '../triggers/exposed-key.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

const IDENTIFY = 'pawl registry configure --identify --reason "…"';

type State = 'ok' | 'warning' | 'problem';
type Diagnosis = { readonly name: string; readonly state: State; readonly what: string; readonly fix: string | null };

export const doctor: Command<Workspace> = {
  name: 'doctor',
  summary: 'look for what is missing or unsafe, and say how to mend it',
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

type Answer = string | { readonly state: 'warning' | 'problem'; readonly what: string; readonly fix: string };
const warning = (what: string, fix: string): Answer => ({ state: 'warning', what, fix });
const problem = (what: string, fix: string): Answer => ({ state: 'problem', what, fix });

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

function checkNode(): Answer {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > 20 || (major === 20 && minor >= 19);
  return fine
    ? `Node ${process.versions.node}`
    : problem(`Node ${process.versions.node} is too old`, 'install Node 20.19 or newer');
}

/** Every command mends what it may: what is still wrong, another user has to. */
function checkState({ loaded: { root } }: Workspace): Answer {
  const wrong = stateProblem(root);
  const path = join(root, STATE);
  if (wrong !== null) return warning(wrong, `as its owner: chmod -R go= ${path} && echo '*' > ${path}/.gitignore`);
  return `${path} is for this user alone, and git takes nothing of it`;
}

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

async function checkRegistry(workspace: Workspace): Promise<Answer> {
  if (workspace.config.registry.forge !== 'local') {
    const forge = workspace.forge();
    return `${forge.location}, main at ${(await forge.sync()).slice(0, 12)}`;
  }
  const path = workspace.path(workspace.config.registry.path);
  if (!existsSync(path)) return warning(`no registry at ${path}`, 'run `pawl registry init`, or `pawl up`');
  return `${path}, main at ${(await workspace.forge().sync()).slice(0, 12)}`;
}

/** What keeps a push from outside off main; our own git never goes through it. */
async function checkProtection(workspace: Workspace): Promise<Answer> {
  const { forge } = workspace.config.registry;
  if (forge === 'gitea') return checkGitea(workspace);
  if (forge === 'github') return checkGitHub(workspace);
  const path = workspace.path(workspace.config.registry.path);
  if (!existsSync(path)) return 'no registry yet';
  const wrong = await updateHookProblem(path);
  if (wrong !== null) {
    const hook = updateHook(path);
    const what = {
      missing: 'is not there: anyone with access can push to main',
      off: 'may not be run, so it does not keep pushes off main: anyone with access can push there',
      open: 'does not keep pushes off main: anyone with access can push there',
      old: 'takes more than branches: anyone with access can push refs/replace/*, which changes what others see',
    }[wrong];
    const init = 'run `pawl registry init`, which puts it back';
    const fix = {
      missing: init,
      off: `chmod +x ${hook}`,
      open: `rm ${hook}, then ${init}`,
      old: `rm ${hook}, then ${init}`,
    };
    return problem(`${hook} ${what}`, fix[wrong]);
  }
  const settings = await workspace.forge().git.text(['config', '--local', '--list']);
  const missing = ['receive.denynonfastforwards=true', 'receive.denydeletes=true', 'transfer.fsckobjects=true'].filter(
    (s) => !settings.includes(s),
  );
  return missing.length === 0
    ? 'pushes to main are refused, history cannot be rewritten'
    : problem(
        `not set: ${missing.join(', ')}`,
        missing.map((s) => `git --git-dir ${path} config ${s.replace('=', ' ')}`).join(' && '),
      );
}

const thereIsARegistry = (workspace: Workspace): boolean =>
  workspace.config.registry.forge !== 'local' || existsSync(workspace.path(workspace.config.registry.path));

async function checkPolicy(workspace: Workspace): Promise<Answer> {
  if (!thereIsARegistry(workspace)) return 'no registry yet';
  const forge = workspace.forge();
  const { value: policy } = await new RegistryAt(forge.git, await forge.sync()).policy();
  const { model } = workspace.config;
  if (!Object.hasOwn(policy.models, model))
    return problem(`gate.json has no rules for ${model}`, 'run `pawl registry configure --reason "…"`');
  const { gate } = workspace.keys();
  const counts = gate === null || stands(policy, { id: gate.id, role: 'gate' });
  if (!counts)
    return problem(
      `this machine's gate key ${gate?.id} is not in gate.json, or has an end there`,
      'use the key of the machine that made the registry',
    );
  const { registry } = policy;
  const pinned = registryOf(workspace.keys());
  if (pinned !== null && registry?.id !== pinned)
    return problem(
      `gate.json is for ${registry ? `the registry ${registry.id}` : 'no registry by name'}, and the keys here are for ${pinned} alone`,
      'find out who changed main with `pawl registry log`; if this is another registry, set keys.path to keys of its own',
    );
  if (pinned === null)
    return warning(
      'a verdict of any registry that the gate’s key signs for counts here',
      `run \`${IDENTIFY}\` where the gate is; elsewhere copy gate.pub.json from there`,
    );
  const picked = await pickedLabel(workspace, forge, policy);
  if (picked !== null)
    return warning(
      `gate.json judges ${model} by the F1 of ${shown(picked)}, as rules of earlier versions took the last of two labels where nothing was said`,
      `\`pawl registry configure --average macro --reason "…"\` changes to macro F1; to keep it, say so: set policy.positive to ${shown(picked)} in pawl.yaml`,
    );
  const weak = Object.entries(policy.models).filter(([, rules]) => rules.minimum < 0.85);
  if (weak.length > 0)
    return warning(
      `the minimum of ${weak.map(([name]) => name).join(', ')} is below 0.85`,
      'raise it with `pawl registry configure`',
    );
  return `rules for ${Object.keys(policy.models).join(', ')}`;
}

/** The label whose F1 counts without anybody having said so; null where there is none. */
async function pickedLabel(
  { config: { model, policy: said } }: Workspace,
  forge: ReturnType<Workspace['forge']>,
  policy: Policy,
): Promise<string | null> {
  const rules = policy.models[model];
  if (rules?.average !== 'binary' || said.average !== null || said.positive !== null) return null;
  const { labels } = (await new RegistryAt(forge.git, await forge.sync()).evaluationSet(rules.evaluation)).value;
  return labels.length === 2 && rules.positive === labels[1] ? rules.positive : null;
}

async function checkProduction(workspace: Workspace): Promise<Answer> {
  if (!thereIsARegistry(workspace)) return 'no registry yet';
  const forge = workspace.forge();
  const tip = await forge.sync();
  const models = await new RegistryAt(forge.git, tip).models();
  for (const model of models)
    await verifyProduction({ git: forge.git, tip, model, keys: workspace.keys().trusted, now: workspace.clock() });
  return models.length === 0 ? 'nothing in production yet' : `verified: ${models.join(', ')}`;
}

/** Whether main goes on from what the servers of these settings last settled on. */
async function checkServers(workspace: Workspace): Promise<Answer> {
  if (!thereIsARegistry(workspace)) return 'no registry yet';
  const forge = workspace.forge();
  const standings = await serverStandings(workspace.loaded.root, forge.git, await forge.sync());
  const [wrong] = standings.filter((s) => s.problem !== null);
  if (wrong?.problem)
    return problem(
      `${wrong.instance}, ${wrong.model}: ${wrong.problem.detail} (${wrong.problem.code})`,
      `find out who moved main with \`pawl registry log\`; if main is right, \`${ACCEPT} --instance ${wrong.instance} --model ${wrong.model}\``,
    );
  return standings.length === 0
    ? 'none has run from these settings yet'
    : `main goes on from what ${standings.map((s) => `${s.instance} (${s.model})`).join(', ')} settled on`;
}

/** Nothing of it is wrong: what would be is refused where a model is loaded. */
async function checkProcessor(): Promise<Answer> {
  const processor = thisProcessor();
  return `${describeProcessor(processor)}: ${BYTE_SUMS[processor.byteSums]}`;
}

const BYTE_SUMS: Readonly<Record<ByteSums, string>> = {
  exact: 'products of bytes are added in 32 bits',
  overflow:
    'products of bytes are added in 16 bits, so signed weights are rewritten when a model is loaded: the same answers, slower',
  unknown: 'signed weights are rewritten when a model is loaded, in case products of bytes are added in 16 bits',
};

async function checkRuntime(): Promise<Answer> {
  const { runtimeVersion } = await import('../../registry-repo/runtime/session.ts');
  return `onnxruntime ${runtimeVersion()}`;
}

/** Where the gate puts models to score them, and whether their memory can be bounded. */
async function checkScoring({ modelBounds }: Workspace): Promise<Answer> {
  await checkScratch(0);
  return (await canBound(memoryLook()))
    ? `in ${tmpdir()}, within bounds of time and memory, ${describeIsolation(await (modelBounds.isolation ?? isolationHere)())}`
    : warning(
        'memory: unbounded. This machine does not tell how much a process takes, and verdicts say so',
        'judge where /proc is mounted, or `ps` is installed',
      );
}

/** Only what somebody installed is tried: the rest comes with Pawl, and `pawl backend list` tries it. */
async function checkBackends(workspace: Workspace): Promise<Answer> {
  const { readInstalled } = await import('../training/backends/tensorflow/installed.ts');
  if (!(await readInstalled()))
    return 'in WebAssembly; `pawl backend install` has TensorFlow compute, several times as fast (`pawl backend list`)';
  const { tryBackend } = await import('../training/backends/try.ts');
  const trial = await tryBackend('tensorflow', workspace.config.training.workers || availableParallelism());
  return trial.usable
    ? `by TensorFlow ${trial.version} on the ${trial.gpu ? 'GPU' : 'processor'}, ${trial.gflops.toFixed(0)} GFLOPS`
    : warning(trial.why, 'run `pawl backend install` again, or set training.config.backend to wasm');
}
