import { ensureRegistry, evaluationName } from '../registry/setup.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';
import { DATA_FLAGS, loadConfigured } from './dataset.ts';

export const registryInit: Command<Workspace> = {
  name: 'registry init',
  summary: 'make the registry: a git repository whose main branch is production',
  details:
    'Makes signing keys and a bare repository with the rules of the policy section, and pins the test rows of the configured data as the evaluation set. What exists already is left alone.',
  json: true,
  flags: [...DATA_FLAGS, { flags: '--model <name>', description: 'name of the model', setting: 'model' }],
  examples: [
    ['pawl registry init', 'with what pawl.yaml says, or the sample data'],
    ['pawl registry init --dataset csv --data reviews.csv --model reviews', 'for data of your own'],
  ],
  async run({ workspace, out, signal }) {
    const { created, commit } = await ensureRegistry(workspace, () => loadConfigured(workspace, out, signal));
    const { path } = workspace.config.registry;
    const value = { created, path: workspace.path(path), commit, evaluation: evaluationName(workspace) };
    out.result(value, () =>
      created
        ? `registry ${value.path}\nmain at ${commit}\nevaluation set ${value.evaluation} pinned; rules in gate.json`
        : `registry ${value.path} exists; nothing was changed`,
    );
    return 0;
  },
};
