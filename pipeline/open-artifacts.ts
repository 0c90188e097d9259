import { CachedArtifacts } from '../registry-repo/artifacts/artifacts.cached.ts';
import { LocalArtifacts } from '../registry-repo/artifacts/artifacts.local.ts';
import { S3Artifacts } from '../registry-repo/artifacts/artifacts.s3.ts';
import type { Artifacts } from '../registry-repo/artifacts/artifacts.ts';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';

/**
 * Where models and data sets are kept, as the settings say. S3's credentials are the SDK's own: its variables, files and roles.
 *
 * @param folder the store itself, or the copies of a remote one
 * @throws {ConfigError} if the settings name no bucket
 */
export function openArtifacts({ store, s3 }: Config['artifacts'], folder: string): Artifacts {
  const near = new LocalArtifacts(folder);
  if (store === 'local') return near;
  const { bucket, prefix, endpoint, region, pathStyle } = s3;
  if (bucket === null)
    throw new ConfigError([
      { path: 'artifacts.s3.bucket', origin: '', message: 'name the bucket: artifacts.store is s3' },
    ]);
  return new CachedArtifacts(near, new S3Artifacts({ bucket, prefix, endpoint, region, pathStyle }));
}
