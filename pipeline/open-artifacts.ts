import { CachedArtifacts } from '../registry-repo/artifacts/artifacts.cached.ts';
import { LocalArtifacts } from '../registry-repo/artifacts/artifacts.local.ts';
import { S3Artifacts } from '../registry-repo/artifacts/artifacts.s3.ts';
import type { Artifacts } from '../registry-repo/artifacts/artifacts.ts';
import type { RemoteArtifacts, Transfer } from '../registry-repo/artifacts/source.ts';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';
import type { GitHubConnection } from './forge/github/open.github.ts';
import { ReleaseArtifacts } from './forge/github/release-artifacts.ts';

export type ArtifactPorts = {
  /** Folder of the store itself, or of the copies of a remote one. */
  readonly folder: string;
  readonly clock: () => Date;
  /** A repository on GitHub; null for the registry's. */
  readonly github: (repository: string | null) => GitHubConnection;
  /** The way to the network; asked for where the store is elsewhere. */
  readonly network: () => typeof fetch;
  readonly progress: (transfer: Transfer) => void;
};

/**
 * Opens the store of models and data sets that the settings name. S3's credentials are the SDK's own: its variables,
 * files and roles.
 *
 * @throws {ConfigError} if the settings name no bucket
 * @throws {ForgeError} if credentials for GitHub are missing
 */
export function openArtifacts(settings: Config['artifacts'], ports: ArtifactPorts): Artifacts {
  const near = new LocalArtifacts(ports.folder);
  return settings.store === 'local' ? near : new CachedArtifacts(near, openRemote(settings, ports));
}

/** Whether machines share the log, and each has artifacts of its own: what one stored, another cannot read. */
export const artifactsApart = ({ events, artifacts }: Pick<Config, 'events' | 'artifacts'>): boolean =>
  events.store === 'git' && artifacts.store === 'local';

function openRemote(
  { store, s3, repository }: Config['artifacts'],
  { clock, github, network, progress }: ArtifactPorts,
): RemoteArtifacts {
  if (store === 'github-releases') {
    const { place, credentials, fetch } = github(repository);
    return new ReleaseArtifacts({ place, credentials, clock, progress, fetch });
  }
  const { bucket, prefix, endpoint, region, pathStyle } = s3;
  if (bucket === null)
    throw new ConfigError([
      { path: 'artifacts.s3.bucket', origin: '', message: 'name the bucket: artifacts.store is s3' },
    ]);
  return new S3Artifacts({ bucket, prefix, endpoint, region, pathStyle, progress, fetch: network() });
}
