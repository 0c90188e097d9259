import { type Placed, placeFiles } from '../init/place.ts';
import { initFiles, type NewFile } from '../init/render.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { refuse } from './refuse.ts';

export const init: Command<Workspace> = {
  details:
    'Writes pawl.yaml, .github/workflows/train.yml for GitHub, and a line in .gitignore. Existing files are kept if they have the same effect; otherwise nothing is written. Run it in the root folder of the repository.',
  json: true,
  flags: [
    { flags: '--model <name>', description: 'name of the model', setting: 'model' },
    { flags: '--forge <kind>', description: 'local, github or gitea', setting: 'registry.forge' },
    { flags: '--repo <owner/name>', description: 'the registry on the forge', setting: 'registry.repository' },
    { flags: '--action <owner/pawl@commit>', description: 'where workflows get Pawl', setting: 'registry.action' },
    { flags: '--dry-run', description: 'print the files, and write none' },
    { flags: '--force', description: 'replace files that differ' },
  ],
  examples: [
    ['pawl init', 'settings for this folder, everything on this machine'],
    [
      'pawl init --forge github --repo org/registry --action org/pawl@5f0c…',
      'train on GitHub, with a registry on GitHub; the commit of the action has 40 digits',
    ],
  ],
  async run(invocation) {
    const { workspace, out, flags } = invocation;
    const { config, loaded } = workspace;
    if (config.registry.forge === 'local')
      refuse(invocation, ['--repo'], 'only for a registry on GitHub or Gitea (--forge)');
    if (config.registry.forge !== 'github')
      refuse(invocation, ['--action'], 'the workflow that trains is made for --forge github alone');
    const files = await initFiles(config);
    const dryRun = flags.dryRun === true;
    const placed = await placeFiles(loaded.root, files, { force: flags.force === true, dryRun });
    const { forge } = config.registry;
    out.result({ folder: loaded.root, files: placed }, () =>
      dryRun
        ? files.map((file, i) => shown(file, placed[i]?.state)).join('\n')
        : [...placed.map((p) => `${p.state} ${p.path}`), '', ...nextSteps(forge, config.keys.path)].join('\n'),
    );
    return 0;
  },
};

const shown = ({ path, text }: NewFile, state?: Placed['state']): string =>
  `--- ${path}${state === 'in-the-way' ? ' (another one is there: only --force replaces it)' : ''}\n${text}`;

function nextSteps(forge: string, keys: string): string[] {
  const data = 'Set `data` in pawl.yaml to your labelled texts; `sample` is made up';
  if (forge !== 'github')
    return ['Next:', `1. ${data}`, '2. pawl registry init', '3. pawl train, then pawl promote, then pawl serve'];
  return [
    'Next:',
    `1. ${data}. The workflow looks at pawl.yaml and data/: other places belong into its \`paths\``,
    '2. pawl registry init, with a token that may administer the registry',
    '3. Make the environment `training` in this repository, for its main branch alone, and give it its secrets:',
    `     gh secret set PAWL_LOG_KEY --env training < ${keys}/log.pem`,
    '     gh secret set PAWL_APP_KEY --env training < private-key-of-the-training-app.pem',
    '     gh variable set PAWL_APP_ID --env training --body ID-OF-THE-TRAINING-APP',
    `     gh variable set PAWL_TRUSTED_KEYS --env training < ${keys}/gate.pub.json`,
    '4. Commit and push to main: that trains, and what comes of it is proposed to the registry',
  ];
}
