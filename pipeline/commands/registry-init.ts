import { loadConfigured } from '../operations/dataset.ts';
import { rememberRegistry } from '../operations/remember-registry.ts';
import { evaluationName } from '../registry-setup/first-files.ts';
import { initGitea } from '../registry-setup/gitea/init.ts';
import { type Initialised, initGitHub } from '../registry-setup/github/init.ts';
import type { Part } from '../registry-setup/part.ts';
import { ensureRegistry, wouldMake } from '../registry-setup/setup.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, EXIT, type Invocation, text } from './command.ts';
import { DATA_FLAGS } from './dataset.ts';
import { refuse } from './refuse.ts';

export const registryInit: Command<Workspace> = {
  details:
    'Makes signing keys and a repository with the rules of the policy section, and pins the test rows of the configured data as the evaluation set. What exists already is not changed. On GitHub, Gitea and Forgejo it makes the repository or uses an existing one, pushes the workflows of the gate, protects main, reads all settings back, and tries on branches of its own what the server enforces. That needs a token that may administer the repository. If you run it again, it changes only settings that are wrong. What flags say of such a registry is written into pawl.yaml, so that later commands find it.',
  json: true,
  flags: [
    ...DATA_FLAGS,
    { flags: '--model <name>', description: 'name of the model', setting: 'model' },
    { flags: '--forge <kind>', description: 'local, github or gitea', setting: 'registry.forge' },
    { flags: '--repo <owner/name>', description: 'the repository on the forge', setting: 'registry.repository' },
    { flags: '--action <owner/pawl@commit>', description: 'where workflows get Pawl', setting: 'registry.action' },
    { flags: '--gate-app <id>', description: 'the GitHub App that the gate acts as', setting: 'registry.gateApp' },
    { flags: '--api <url>', description: 'address of the forge’s API', setting: 'registry.api' },
    {
      flags: '--gate-account <name>',
      description: 'the account on Gitea that the gate acts as',
      setting: 'registry.gateAccount',
    },
    { flags: '--owners <names>', description: 'who must approve changes to the rules: @user,@organisation/team' },
    { flags: '--public', description: 'make a new repository public' },
    {
      flags: '--accept-without <names>',
      description: 'protections that this repository on GitHub cannot have, by name: a refusal lists them',
    },
    {
      flags: '--dry-run',
      description: 'show what would be made, and every request that would be sent; make and send nothing',
    },
  ],
  examples: [
    ['pawl registry init', 'with what pawl.yaml says, or the sample data'],
    ['pawl registry init --dataset csv --data reviews.csv --model reviews', 'for data of your own'],
    ['pawl registry init --forge github --repo org/registry --dry-run', 'what would be done on GitHub'],
    [
      'pawl registry init --forge gitea --api https://git.example.org/api/v1 --repo org/registry',
      'on Gitea or Forgejo',
    ],
  ],
  async run(invocation) {
    const { workspace, out, signal } = invocation;
    const load = () => loadConfigured(workspace, out, signal);
    requireMeaning(invocation);
    if (workspace.config.registry.forge !== 'local') return elsewhere(invocation, load);
    const { path } = workspace.config.registry;
    if (invocation.flags.dryRun === true) return local(invocation, await wouldMake(workspace));
    const { created, commit } = await ensureRegistry(workspace, load);
    const value = { created, path: workspace.path(path), commit, evaluation: evaluationName(workspace) };
    out.result(value, () =>
      created
        ? `registry ${value.path}\nmain at ${commit}\nevaluation set ${value.evaluation} pinned; rules in gate.json`
        : `registry ${value.path} exists; nothing was changed`,
    );
    return 0;
  },
};

const OF_FORGES = ['--repo', '--action', '--gate-app', '--gate-account', '--api', '--owners', '--public'];

/** What means nothing to the registry's forge is refused. @throws {UsageError} */
function requireMeaning(invocation: Invocation<Workspace>): void {
  const { config, gatePlace } = invocation.workspace;
  const { forge } = config.registry;
  if (forge === 'local') refuse(invocation, OF_FORGES, 'only for a registry on GitHub or Gitea (--forge)');
  if (forge !== 'github') refuse(invocation, ['--gate-app'], 'an App is GitHub’s: on Gitea give --gate-account');
  if (forge !== 'github') refuse(invocation, ['--accept-without'], 'only GitHub’s plans lack protections');
  if (forge !== 'gitea') refuse(invocation, ['--gate-account'], 'an account is Gitea’s: on GitHub give --gate-app');
  if (gatePlace !== 'workflow')
    refuse(
      invocation,
      ['--action'],
      'the gate is on a machine of its own, and no workflow runs Pawl (registry.gate: workflow)',
    );
}

function local({ out }: Invocation<Workspace>, make: readonly string[]): number {
  out.result({ make }, () =>
    make.length === 0 ? 'the registry exists: nothing would be made' : `would make\n  ${make.join('\n  ')}`,
  );
  return EXIT.done;
}

async function elsewhere(
  invocation: Invocation<Workspace>,
  load: () => ReturnType<typeof loadConfigured>,
): Promise<number> {
  const { workspace, out, flags } = invocation;
  const owners = (text(invocation, 'owners') ?? '').split(',').filter(Boolean);
  const visibility = flags.public === true ? 'public' : 'private';
  const dryRun = flags.dryRun === true;
  const accepted = (text(invocation, 'acceptWithout') ?? '').split(',').map((name) => name.trim());
  const say = (line: string) => out.say(line);
  const init = workspace.config.registry.forge === 'gitea' ? initGitea : initGitHub;
  const done = await init(workspace, { owners, visibility, dryRun, accepted, load, say });
  out.result(done, () => (dryRun ? shownPlan(done) : shown(workspace, done)));
  if (!dryRun) await remember(workspace, say);
  return done.parts.some((part) => part.state === 'differs') && !dryRun ? 1 : 0;
}

async function remember({ loaded }: Workspace, say: (line: string) => void): Promise<void> {
  const remembered = await rememberRegistry(loaded);
  if (remembered) say(`${remembered.file} names the registry now: ${remembered.names.join(', ')}`);
}

const lacks = ({ state }: Part): boolean => state === 'unsupported' || state === 'hidden';

const shownPlan = ({ url, calls, parts }: Initialised): string =>
  calls.length === 0 && !parts.some(lacks)
    ? `${url} is as it should be: nothing would be sent`
    : [
        ...calls.map(({ route, params }) => `${route}\n  ${JSON.stringify(params)}`),
        ...parts.filter(lacks).map(line),
      ].join('\n');

function shown(workspace: Workspace, { url, commit, parts, calls, enforced }: Initialised): string {
  const lost = parts.filter((p) => p.state !== 'ok').map(line);
  const keys = workspace.path(workspace.config.keys.path);
  return [
    `registry ${url}, main at ${commit}`,
    calls.length === 0 ? 'everything was as it should be' : `${calls.length} requests sent, and read back`,
    ...lost,
    enforced?.headPrecondition === false && workspace.config.registry.forge === 'github'
      ? '! this server merges whatever head is asked for: Pawl merges by a push of its own, which only succeeds on the main it looked at'
      : '',
    enforced?.requiredStatus === false
      ? '! this server merges without the required status: only Pawl’s own checks, and the servers’, keep main right'
      : '',
    ...(workspace.gatePlace === 'workflow' ? ['', ...secretsToSet(workspace, url, keys)] : []),
  ]
    .filter((text, i, all) => text !== '' || all[i + 1] !== undefined)
    .join('\n');
}

const line = ({ name, state, what, without }: Part): string =>
  `! ${name}: ${what}${state === 'ok' || state === 'differs' ? '' : `: ${without}`}`;

const secretsToSet = ({ config }: Workspace, url: string, keys: string): string[] => {
  if (config.registry.forge === 'gitea')
    return [
      `Give the repository its secrets for Actions (${url}/settings/actions/secrets): PAWL_GATE_KEY (${keys}/gate.pem), PAWL_FORGE_TOKEN.`,
      'A workflow of any branch can read them: `registry.gate: here` keeps them on a machine of yours.',
    ];
  const repository = new URL(url).pathname.slice(1);
  return [
    'Give the environment "gate" its secrets; they never leave your machine through Pawl:',
    `  gh secret set PAWL_GATE_KEY --env gate --repo ${repository} < ${keys}/gate.pem`,
    `  gh secret set PAWL_APP_KEY --env gate --repo ${repository} < private-key-of-the-gate-app.pem`,
    `  gh variable set PAWL_APP_ID --env gate --repo ${repository} --body ID-OF-THE-GATE-APP`,
  ];
};
