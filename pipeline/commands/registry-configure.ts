import { evaluationPath } from '../../registry-repo/evaluation-set.ts';
import { printFile } from '../../registry-repo/file.ts';
import { type ModelPolicy, POLICY_PATH, type Policy } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { loadConfigured } from '../operations/dataset.ts';
import { findVersion } from '../operations/find.ts';
import { UsageError } from '../operations/not-found.ts';
import { recordConfigured } from '../promotion/compare-main.ts';
import { reconcile } from '../promotion/reconcile.ts';
import { evaluationName, rowsForTree } from '../registry-setup/first-files.ts';
import { pinToMain } from '../registry-setup/pin.ts';
import { modelRules, pinEvaluationSet } from '../registry-setup/rules.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { DATA_FLAGS } from './dataset.ts';
import { refuse } from './refuse.ts';

export const registryConfigure: Command<Workspace> = {
  details:
    'Sets gate.json to the policy section of the settings for one model. A model that is new to the registry gets these rules, and the test rows of the configured data as its evaluation set. The gate never merges a change of rules: you merge it, with a reason, and that is recorded. Open verdicts on the model become void.',
  json: true,
  flags: [
    { flags: '--reason <text>', description: 'why; kept in the log and in the registry’s history' },
    { flags: '--model <name>', description: 'the model', setting: 'model' },
    ...DATA_FLAGS,
    { flags: '--minimum <f1>', description: 'lowest F1 of a first version', setting: 'policy.minimum' },
    {
      flags: '--margin <f1>',
      description: 'how much higher the F1 of later versions must be',
      setting: 'policy.margin',
    },
    {
      flags: '--average <mean>',
      description: 'macro or weighted: the mean F1 over all labels',
      setting: 'policy.average',
    },
    { flags: '--positive <label>', description: 'F1 of this label alone', setting: 'policy.positive' },
    { flags: '--merge <when>', description: 'auto or after-approval', setting: 'policy.merge' },
    {
      flags: '--identify',
      description: 'for a registry of an older Pawl: give it an id, and bind the keys here to it alone',
    },
    { flags: '--revoke <version>', description: 'a version that must never serve again; changes nothing else' },
  ],
  examples: [
    ['pawl registry configure --minimum 0.9 --reason "users notice less"', 'raise the bar'],
    [
      'pawl registry configure --model topics --dataset csv --data topics.csv --reason "a second model"',
      'one more model',
    ],
    ['pawl registry configure --identify --reason "one key signs for two registries"', 'a registry of an older Pawl'],
    ['pawl registry configure --revoke v2 --reason "leaks names"', 'never again'],
  ],
  async run(invocation) {
    const { workspace, out } = invocation;
    const reason = text(invocation, 'reason')?.trim();
    if (!reason) throw new UsageError('say why: --reason "…"');
    requireOneChange(invocation);
    const ports = await workspace.promotions((line) => out.say(line));
    await reconcile(ports);
    const { forge } = ports;
    const base = await forge.sync();
    const files = await changedFiles(invocation, new RegistryAt(forge.git, base));
    const identify = invocation.flags.identify === true;
    if (files.size === 0) {
      const pinned = identify ? await pinToMain(workspace) : null;
      out.result(
        { changed: false },
        () => `gate.json says this already; nothing was changed${pinned ? `\n${pinnedTo(workspace, pinned.id)}` : ''}`,
      );
      return 0;
    }
    const change = { base, files, reason };
    if (!mergesHere(workspace)) {
      const { url, number, head } = await openChange(workspace, change);
      if (workspace.gatePlace === 'workflow') await forge.requestGate({ number, head });
      out.result(
        { changed: false, url, paths: [...files.keys()] },
        () =>
          `${url}: have it approved, and merge it there; \`pawl reconcile\` records that${identify ? '. Then run this again, which pins the keys here' : ''}`,
      );
      return 0;
    }
    const commit = await mergeChange(workspace, change);
    await recordConfigured(ports, commit, reason);
    const pinned = identify ? await pinToMain(workspace) : null;
    out.result(
      { changed: true, commit, paths: [...files.keys()] },
      () => `main at ${commit}: ${[...files.keys()].join(', ')}${pinned ? `\n${pinnedTo(workspace, pinned.id)}` : ''}`,
    );
    return 0;
  },
};

const pinnedTo = ({ config }: Workspace, id: string): string =>
  `the keys in ${config.keys.path} count for the registry ${id} alone\nnext: copy their *.pub.json to servers and auditors`;

const DATA = DATA_FLAGS.map(({ flags }) => flags.split(' ')[0] as string);
const RULES = [...DATA, '--minimum', '--margin', '--average', '--positive', '--merge'];

/** @throws {UsageError} for what the change asked for does not touch */
function requireOneChange(invocation: Invocation<Workspace>): void {
  const { identify, revoke } = invocation.flags;
  const alone = (flag: string) => `${flag} changes nothing else: configure that by a command of its own`;
  if (identify === true) refuse(invocation, ['--revoke', '--model', ...RULES], alone('--identify'));
  if (revoke !== undefined) refuse(invocation, RULES, alone('--revoke'));
}

/** Rows of an evaluation set that is pinned stay; other data would be left out in silence. @throws {UsageError} */
async function requirePinned({ workspace, out, signal, flags }: Invocation<Workspace>, name: string, digest: string) {
  if (flags.dataset === undefined && flags.data === undefined) return;
  const { facts, test } = await loadConfigured(workspace, out, signal);
  const { set } = pinEvaluationSet(name, facts.labels, test, facts.source.kind);
  if (set.digest === digest) return;
  const given = DATA.filter((flag) => flags[flag.slice('--'.length)] !== undefined).join(' and ');
  throw new UsageError(
    `${given}: the evaluation set ${name} is pinned, with other rows. Data counts for a model that is new to the registry: give --model another name`,
  );
}

/** Files to set, by path; only those that differ. */
async function changedFiles(
  invocation: Invocation<Workspace>,
  main: RegistryAt,
): Promise<Map<string, string | Buffer>> {
  const { workspace, out, signal } = invocation;
  const policy = (await main.policy()).value;
  if (invocation.flags.identify === true) {
    const registry = { id: workspace.newId(), since: workspace.clock().toISOString(), after: main.commit };
    const { schema, ...rules } = policy;
    return policy.registry ? new Map() : differing(policy, { schema, registry, ...rules });
  }
  const revoke = text(invocation, 'revoke');
  if (revoke !== undefined) {
    const { manifest } = findVersion(await workspace.views(), workspace.config.model, revoke);
    return differing(policy, { ...policy, revoked: [...new Set([...policy.revoked, manifest])] });
  }
  const { model } = workspace.config;
  const name = policy.models[model]?.evaluation ?? evaluationName(workspace);
  const known = await main.evaluationSet(name).catch(() => null);
  if (known) {
    await requirePinned(invocation, name, known.value.digest);
    return differing(policy, {
      ...withMerge(policy, workspace.config.policy.merge),
      models: {
        ...policy.models,
        [model]: keeping(
          policy.models[model],
          modelRules(workspace.config.policy, known.value),
          workspace.config.policy,
        ),
      },
    });
  }
  const { facts, test } = await loadConfigured(workspace, out, signal);
  const { set, bytes } = pinEvaluationSet(name, facts.labels, test, `${facts.source.kind} ${facts.source.location}`);
  await workspace.artifacts().put(bytes);
  const changed = differing(policy, {
    ...policy,
    models: { ...policy.models, [model]: modelRules(workspace.config.policy, set) },
  });
  changed.set(evaluationPath(name), printFile(set));
  for (const [path, rows] of rowsForTree(workspace, name, bytes, policy.limits.treeBytes)) changed.set(path, rows);
  return changed;
}

/** Values without a setting stay as `gate.json` has them; so does the measure, even if it came from a default. */
function keeping(
  before: ModelPolicy | undefined,
  now: ModelPolicy,
  { average, positive }: Workspace['config']['policy'],
): ModelPolicy {
  if (!before) return now;
  const { significance, labelFloors } = before;
  const measure = average === null && positive === null ? { average: before.average, positive: before.positive } : {};
  return { ...before, ...now, ...measure, significance, labelFloors };
}

/** An old registry without an approval setting continues without a remark. */
const withMerge = (policy: Policy, merge: NonNullable<Policy['merge']>): Policy =>
  (policy.merge ?? 'auto') === merge ? policy : { ...policy, merge };

const differing = (before: Policy, after: Policy): Map<string, string | Buffer> =>
  printFile(before) === printFile(after) ? new Map() : new Map([[POLICY_PATH, printFile(after)]]);

type Change = { readonly base: string; readonly files: ReadonlyMap<string, string | Buffer>; readonly reason: string };

/** Whether this command may merge a change of rules. On GitHub, and if a workflow judges, a person merges it there. */
const mergesHere = ({ config, gateIsHere }: Workspace): boolean =>
  config.registry.forge === 'local' || (config.registry.forge === 'gitea' && gateIsHere);

/** A pull request of its own, merged by the user of this command. */
async function mergeChange(workspace: Workspace, change: Change): Promise<string> {
  const { number, head, title } = await openChange(workspace, change);
  const message = `${title}\n\nPull-Request: ${number}\n`;
  return (await workspace.forge().merge({ number, head, base: change.base, message })).commit;
}

async function openChange(workspace: Workspace, { base, files, reason }: Change) {
  const forge = workspace.forge();
  const { git } = forge;
  const blobs = new Map<string, string>();
  for (const [path, content] of files) blobs.set(path, await git.writeBlob(content));
  const tree = await git.writeTree(base, blobs);
  const title = `configure: ${reason.replace(/\s+/g, ' ').slice(0, 150)}`;
  const head = await git.writeCommit({
    tree,
    parents: [base],
    message: `${title}\n`,
    by: workspace.config.registry.author,
    time: workspace.clock(),
  });
  const branch = `configure/${workspace.newId()}`;
  await forge.pushBranch(branch, head, null);
  const body = `Changes ${[...files.keys()].join(', ')}.\n\nReason: ${reason}`;
  const pull = await forge.openPullRequest({ branch, title, body, labels: ['configuration'] });
  return { ...pull, head, title };
}
