import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Git } from '../../../registry-repo/git.ts';
import { ageOf, howToMend, locksOf } from '../../../registry-repo/git-locks.ts';
import { MOST_LOOSE, objectFiles } from '../../../registry-repo/git-tidy.ts';
import { shown } from '../../../registry-repo/judge/finding.ts';
import type { Policy } from '../../../registry-repo/policy.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import { ACCEPT } from '../../../registry-repo/settled/settled.ts';
import { stands } from '../../../registry-repo/verdict/keys.ts';
import { verifyProduction } from '../../../registry-repo/verify/production.ts';
import { registryOf } from '../../keys.ts';
import { type Answer, problem, warning } from '../../registry-setup/answer.ts';
import { checkGitea } from '../../registry-setup/gitea/diagnose.ts';
import { checkGitHub } from '../../registry-setup/github/diagnose.ts';
import { updateHook, updateHookProblem } from '../../registry-setup/init.ts';
import { serverStandings } from '../../settled-servers.ts';
import type { Workspace } from '../../workspace.ts';

// Checks of `pawl doctor` on the registry.

const IDENTIFY = 'pawl registry configure --identify --reason "…"';

/** Checks that the registry can be read. */
export async function checkRegistry(workspace: Workspace): Promise<Answer> {
  if (workspace.config.registry.forge !== 'local') {
    const forge = workspace.forge();
    return `${forge.location}, main at ${(await forge.sync()).slice(0, 12)}`;
  }
  const path = workspace.path(workspace.config.registry.path);
  if (!existsSync(path)) return warning(`no registry at ${path}`, 'run `pawl registry init`, or `pawl up`');
  return `${path}, main at ${(await workspace.forge().sync()).slice(0, 12)}`;
}

/** Lock files that another process has left: git holds one only for milliseconds. */
export async function checkLocks(workspace: Workspace): Promise<Answer> {
  const { forge, path } = workspace.config.registry;
  if (forge === 'local' && !existsSync(workspace.path(path))) return 'no registry yet';
  const { gitDir } = (await workspace.forge()).git;
  const [first, ...more] = await locksOf(gitDir);
  if (!first) return `none in ${gitDir}`;
  const all = [first, ...more].map((lock) => `${lock.path} (${ageOf(lock)} old)`).join(', ');
  return warning(`${all}: nothing can write there while it exists`, howToMend(first));
}

/** Objects in files of their own, and what killed processes have left among them. */
export async function checkObjects(workspace: Workspace): Promise<Answer> {
  if (!thereIsARegistry(workspace)) return 'no registry yet';
  const { loose, packs, abandoned } = await objectFiles(workspace.forge().git.gitDir);
  const what = `${loose} in files of their own, ${packs} pack${packs === 1 ? '' : 's'}`;
  if (loose > MOST_LOOSE || abandoned.length > 0)
    return warning(
      `${what}${abandoned.length > 0 ? `, ${abandoned.length} drafts that killed processes have left` : ''}`,
      'run `pawl reconcile`, which packs and tidies them',
    );
  return `${what}; from ${MOST_LOOSE} on they are packed`;
}

/** The hook that keeps pushes from outside off main; Pawl's own git does not go through it. */
export async function checkProtection(workspace: Workspace): Promise<Answer> {
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
      off: `\`chmod +x ${hook}\``,
      open: `\`rm ${hook}\`, then ${init}`,
      old: `\`rm ${hook}\`, then ${init}`,
    };
    return problem(`${hook} ${what}`, fix[wrong]);
  }
  const settings = await settingsOf(workspace.forge().git);
  const missing = ['receive.denynonfastforwards=true', 'receive.denydeletes=true', 'transfer.fsckobjects=true'].filter(
    (s) => !settings.includes(s),
  );
  return missing.length === 0
    ? 'pushes to main are refused, history cannot be rewritten'
    : problem(
        `not set: ${missing.join(', ')}`,
        missing.map((s) => `\`git --git-dir ${path} config ${s.replace('=', ' ')}\``).join(', '),
      );
}

/** Git fails where the file of its settings is gone, which sets nothing. */
async function settingsOf(git: Git): Promise<string> {
  if (!existsSync(join(git.gitDir, 'config'))) return '';
  return git.text(['config', '--local', '--list']);
}

const thereIsARegistry = (workspace: Workspace): boolean =>
  workspace.config.registry.forge !== 'local' || existsSync(workspace.path(workspace.config.registry.path));

export async function checkPolicy(workspace: Workspace): Promise<Answer> {
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
      'set policy.minimum to a higher one in pawl.yaml, then `pawl registry configure --reason "…"`',
    );
  return `rules for ${Object.keys(policy.models).join(', ')}`;
}

/** The label whose F1 counts although no setting chose it; null if there is none. */
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

export async function checkProduction(workspace: Workspace): Promise<Answer> {
  if (!thereIsARegistry(workspace)) return 'no registry yet';
  const forge = workspace.forge();
  const tip = await forge.sync();
  const models = await new RegistryAt(forge.git, tip).models();
  for (const model of models)
    await verifyProduction({ git: forge.git, tip, model, keys: workspace.keys().trusted, now: workspace.clock() });
  return models.length === 0 ? 'nothing in production yet' : `verified: ${models.join(', ')}`;
}

/** Whether main continues from what the servers of these settings last accepted. */
export async function checkServers(workspace: Workspace): Promise<Answer> {
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
