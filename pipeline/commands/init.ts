import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PawlError } from '../../events/errors.ts';
import { packageRoot } from '../package-info.ts';
import { withAction } from '../registry/seed.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

/** Files that `pawl init` would write are there, and say something else. */
export class FilesExistError extends PawlError {
  readonly code = 'files_exist';
}

export const initRepository: Command<Workspace> = {
  name: 'init',
  summary: 'make a repository train on every push: settings and a workflow for GitHub',
  details:
    'Writes pawl.yaml and .github/workflows/train.yml into this folder, for the model and the registry that the settings or flags name. What is there already is never replaced. The log goes to a branch of the registry, as a job’s machine is thrown away.',
  flags: [
    { flags: '--repo <owner/name>', description: 'the registry on GitHub', setting: 'registry.repository' },
    { flags: '--action <owner/pawl@commit>', description: 'where workflows get Pawl', setting: 'registry.action' },
    { flags: '--model <name>', description: 'the model', setting: 'model' },
    { flags: '--dry-run', description: 'show what would be written, and write nothing' },
  ],
  examples: [
    ['pawl init --repo org/registry --action owner/pawl@<commit> --model tickets', 'in a clone of your repository'],
  ],
  async run({ workspace, out, flags }) {
    const { model, registry } = workspace.config;
    const template = await readFile(join(packageRoot, 'pipeline/init/train.yml'), 'utf8');
    const files = new Map([
      ['pawl.yaml', settingsFor(model, registry.repository)],
      ['.github/workflows/train.yml', withAction(template, registry.action)],
    ]);
    if (flags.dryRun === true) {
      for (const [path, content] of files) out.say(`--- ${path}\n${content}`);
      return 0;
    }
    await writeMissing(workspace, files);
    out.say([...files.keys()].map((path) => `${path} is there`).join('\n'));
    out.say(NEXT);
    return 0;
  },
};

const settingsFor = (
  model: string,
  repository: string | null,
): string => `# Settings of Pawl; \`pawl config\` shows all of them.
model: ${model}
data:
  kind: sample # csv, jsonl, folder or imdb, with a path: see the README
training:
  trainer: nbsvm
  seed: 1
registry:
  forge: github
  repository: ${repository ?? 'OWNER/REGISTRY'}
events:
  store: git # a branch of the registry: this job's machine is thrown away
`;

const NEXT = `Next:
  1. an environment "training" in this repository's settings, for main alone, with the secrets PAWL_APP_KEY (or
     PAWL_FORGE_TOKEN) and PAWL_LOG_KEY, and the variable PAWL_APP_ID
  2. commit both files and push: the job trains, and opens a pull request in the registry`;

/** All or nothing: what differs is told before anything is written. @throws {FilesExistError} */
async function writeMissing(workspace: Workspace, files: ReadonlyMap<string, string>): Promise<void> {
  const there = new Map<string, string | null>();
  for (const path of files.keys())
    there.set(path, await readFile(join(workspace.loaded.root, path), 'utf8').catch(() => null));
  const different = [...files]
    .filter(([path, content]) => (there.get(path) ?? content) !== content)
    .map(([path]) => path);
  if (different.length > 0)
    throw new FilesExistError(
      `${different.join(' and ')} ${different.length > 1 ? 'are' : 'is'} there already, and different: compare with \`pawl init --dry-run\`; nothing was written`,
    );
  for (const [path, content] of files) {
    if (there.get(path) !== null) continue;
    const file = join(workspace.loaded.root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
  }
}
