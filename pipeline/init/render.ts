import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { packageRoot, readText } from '../package-info.ts';
import { withAction } from '../registry-setup/seed.ts';

/** A file of a training repository. */
export type NewFile = {
  readonly path: string;
  readonly text: string;
  /** For a settings file: what an existing file must set to be accepted as well. */
  readonly settings?: ReadonlyMap<string, unknown>;
};

type Wanted = Pick<Config, 'model' | 'registry'>;

const template = (name: string): Promise<string> => readText(join(packageRoot, 'pipeline/init', name));

/**
 * The files that a repository needs to train on every push: settings, and for GitHub the workflow.
 *
 * @throws {ConfigError} if a forge is set, but not which repository is the registry or where workflows get Pawl
 */
export async function initFiles(wanted: Wanted): Promise<NewFile[]> {
  const { forge, action } = wanted.registry;
  const settings = await settingsFile(wanted);
  if (forge !== 'github') return [settings];
  return [settings, { path: '.github/workflows/train.yml', text: withAction(await template('train.yml'), action) }];
}

async function settingsFile({ model, registry }: Wanted): Promise<NewFile> {
  const { forge, repository, api, action } = registry;
  const start = (await template('pawl.yaml')).replace('pawl-model', () => JSON.stringify(model));
  if (forge === 'local') return { path: 'pawl.yaml', text: start, settings: new Map() };
  if (repository === null) {
    const message = 'set it to the registry’s owner/name on the forge, or give --repo';
    throw new ConfigError([{ path: 'registry.repository', origin: '', message }]);
  }
  const places = { api, action: forge === 'github' ? action : null };
  const more = Object.entries(places).filter((entry): entry is [string, string] => entry[1] !== null);
  const lines = [
    `repository: ${JSON.stringify(repository)}`,
    ...more.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ];
  const end = (await template('pawl.forge.yaml'))
    .replace('pawl-forge', forge)
    .replace('repository: pawl-repository', () => lines.join('\n  '));
  const settings = [['forge', forge], ['repository', repository], ...more].map(
    ([name, value]) => [`registry.${name}`, value] as const,
  );
  const models = forge === 'github' ? await template('pawl.github.yaml') : '';
  return {
    path: 'pawl.yaml',
    text: start + end + models,
    settings: new Map([...settings, ['events.store', 'git'] as const]),
  };
}
