import { isForRuntime, type Manifest } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { Digest } from '../../registry-repo/values.ts';
import { readVersionFile } from '../../registry-repo/version-files.ts';
import { readCandidate } from '../promotion/candidate.ts';
import type { Forging, Settings, Storing, Viewing } from '../world.ts';
import { findRun, findVersion } from './find.ts';
import { UsageError } from './not-found.ts';

/** A stored model. */
export type Loaded = {
  readonly name: string;
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly file: (path: string) => Uint8Array;
  /** The files that its runtime needs. */
  readonly files: ReadonlyMap<string, Uint8Array>;
};

/** A run's candidate or a registered version, whichever the word names. */
export async function modelFor(world: Settings & Viewing & Storing & Forging, wanted: string): Promise<Loaded> {
  if (wanted === '')
    throw new UsageError('name a run or a version: `pawl runs list` and `pawl registry log` show them');
  const views = await world.views();
  const isVersion = /^(?:[a-z0-9-]+@)?v?\d{1,10}$/.test(wanted) && !/^[0-9a-z]{12}$/.test(wanted);
  if (isVersion) {
    const version = findVersion(views, world.config.model, wanted);
    return load(world, version.manifest, `${version.model}@${version.version}`, version.version);
  }
  const run = findRun(views, wanted);
  if (!run.candidate) throw new UsageError(`run ${run.id} has no model: it is ${run.status}`);
  return load(world, run.candidate.manifest, `run ${run.id}`, null);
}

async function load(world: Storing & Forging, digest: string, name: string, version: number | null): Promise<Loaded> {
  const artifacts = world.artifacts();
  const { manifest } = await readCandidate(artifacts, digest);
  const tip = version === null ? null : await world.forge().sync();
  const read = (file: Manifest['files'][number]) =>
    tip === null || version === null
      ? artifacts.get(file.digest)
      : readVersionFile(
          { registry: new RegistryAt(world.forge().git, tip), artifacts, model: manifest.model, version, manifest },
          file,
        );
  const files = new Map(await Promise.all(manifest.files.map(async (f) => [f.path, await read(f)] as const)));
  const needed = new Map([...files].filter(([path]) => isForRuntime(path)));
  return { name, digest: digest as Digest, manifest, file: (path) => files.get(path) as Uint8Array, files: needed };
}
