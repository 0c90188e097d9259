import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Config, settings } from './config.ts';
import { ConfigError } from './config-error.ts';
import { envLayer, flagLayer, type Layer, yamlLayer } from './layers.ts';
import { readSettings } from './read-settings.ts';
import { type Resolved, resolveConfig } from './resolve.ts';
import { withoutServiceLinks } from './service-links.ts';

export type ConfigRequest = {
  /** A file that the user named; if left out, `pawl.yaml` in the folder is read if it exists. */
  readonly file: string | undefined;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: readonly { path: string; text: string; flag: string }[];
  /** Settings that win over the file, but not over variables and flags. */
  readonly overlay?: Layer;
};

export type LoadedConfig = Resolved<Config> & {
  /** The folder to which paths of the configuration are relative. */
  readonly root: string;
  /** The settings file that was read, or null. */
  readonly file: string | null;
  /** Variables that look like settings, but were set by Kubernetes. */
  readonly ignored: readonly string[];
  /** The arguments it was loaded with, to load it again with an overlay. */
  readonly request: ConfigRequest;
};

const DEFAULT_FILE = 'pawl.yaml';

/** The lowest layer, so that `--seed 7` alone need not name the default trainer. */
const DEFAULT_TRAINER: Layer = { values: { training: { trainer: 'nbsvm' } }, origin: () => 'default', problems: [] };

/** @throws {ConfigError} with everything that is wrong */
export function loadConfig({ file, folder, env: given, flags, overlay }: ConfigRequest): LoadedConfig {
  const { env, links: ignored } = withoutServiceLinks(
    given,
    settings.map((setting) => setting.env),
  );
  const named = file ?? env.PAWL_CONFIG;
  const path = resolve(folder, named ?? DEFAULT_FILE);
  const layers: Layer[] = [DEFAULT_TRAINER];
  const found = existsSync(path);
  if (found) layers.push(yamlLayer(readSettings(path), named ?? DEFAULT_FILE));
  else if (named) throw new ConfigError([{ path: '', origin: named, message: 'there is no such file' }]);
  if (overlay) layers.push(overlay);
  layers.push(envLayer(env, settings), flagLayer(flags, settings));
  const request = { file, folder, env, flags };
  const root = found ? dirname(path) : folder;
  return { ...resolveConfig(Config, settings, layers), root, file: found ? path : null, ignored, request };
}
